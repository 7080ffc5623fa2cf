#!/bin/sh
# Makes an environment if it is missing and installs a lock file into it: install.sh PYTHON LOCKFILE [FOLDER]
# Whatever was cut off while it installed is made anew the next time: a mark beside the folder says that it is half made.
set -eu
python=$1
lock=$2
into=${3:-.venv}
half=$into.half-made

. "$(dirname "$0")/quietly.sh"

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Describer needs Python 3.11 or later; $python is older. Name another one: make PYTHON=python3.12" >&2
    exit 1
}
echo "Installing what $lock names into $into ..."
if [ -e "$half" ] || [ ! -x "$into/bin/python" ]; then
    rm -rf "$into"
fi
mkdir -p "$(dirname "$into")"
touch "$half"
uv=$(command -v uv || echo .venv/bin/uv)
if [ ! -x "$uv" ] && grep -q '^uv==' "$lock"; then
    # uv itself by pip, as the lock file has it; all else by uv, which takes a tenth of the time.
    [ -x "$into/bin/pip" ] || quietly "$python" -m venv "$into"
    own=$(mktemp)
    sed -n '/^uv==/,/[^\\]$/p' "$lock" >"$own"
    quietly "$into/bin/pip" install --disable-pip-version-check --require-hashes -r "$own"
    rm -f "$own"
    uv=$into/bin/uv
fi
if [ -x "$uv" ]; then
    [ -x "$into/bin/python" ] || quietly "$uv" venv --python "$python" "$into"
    # Compiled once here, not at each start where Python may write no bytecode: a site then starts in half the time.
    [ "$into" = .venv ] && compile=--compile-bytecode || compile=
    quietly "$uv" pip install $compile --python "$into/bin/python" --require-hashes -r "$lock"
else
    [ -x "$into/bin/pip" ] || quietly "$python" -m venv "$into"
    quietly "$into/bin/pip" install --disable-pip-version-check --require-hashes -r "$lock"
fi
rm -f "$half"
