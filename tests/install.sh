#!/bin/sh
# Makes an environment if it is missing and installs a lock file into it: install.sh PYTHON LOCKFILE [FOLDER]
set -eu
python=$1
lock=$2
into=${3:-.venv}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Describer needs Python 3.11 or later; $python is older. Name another one: make PYTHON=python3.12" >&2
    exit 1
}
echo "Installing what $lock names into $into ..."
uv=$(command -v uv || echo .venv/bin/uv)
if [ -x "$uv" ]; then
    [ -x "$into/bin/python" ] || "$uv" venv --quiet --python "$python" "$into"
    # Compiled once here, not at each start where Python may write no bytecode: a site then starts in half the time.
    [ "$into" = .venv ] && compile=--compile-bytecode || compile=
    "$uv" pip install --quiet $compile --python "$into/bin/python" --require-hashes -r "$lock"
else
    [ -x "$into/bin/pip" ] || "$python" -m venv "$into"
    "$into/bin/pip" install --quiet --disable-pip-version-check --require-hashes -r "$lock"
fi
