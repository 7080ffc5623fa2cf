#!/bin/sh
# Makes .venv if it is missing and installs a lock file into it: install.sh PYTHON LOCKFILE
set -eu
python=$1
lock=$2
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "Describer needs Python 3.11 or later; $python is older. Name another one: make PYTHON=python3.12" >&2
    exit 1
}
echo "Installing what $lock names into .venv ..."
if command -v uv >/dev/null 2>&1; then
    [ -x .venv/bin/python ] || uv venv --quiet --python "$python" .venv
    uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock"
else
    [ -x .venv/bin/pip ] || "$python" -m venv .venv
    .venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
fi
