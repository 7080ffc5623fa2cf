#!/bin/sh
# What the tests need from the system: Chromium, Redis, PostgreSQL, PgBouncer, nginx, Caddy and OpenSSL (for certificates). As root on Debian they are installed;
# elsewhere this says exactly what is missing and fails.
set -eu

. "$(dirname "$0")/quietly.sh"

missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
command -v redis-server >/dev/null 2>&1 || missing="$missing redis-server"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null 2>&1 || missing="$missing postgresql"
command -v pgbouncer >/dev/null 2>&1 || missing="$missing pgbouncer"
command -v nginx >/dev/null 2>&1 || missing="$missing nginx-light"
command -v caddy >/dev/null 2>&1 || missing="$missing caddy"
command -v openssl >/dev/null 2>&1 || missing="$missing openssl"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    quietly dpkg --configure -a # what an install that was cut off has left half made
    quietly apt-get update -qq
    # shellcheck disable=SC2086
    quietly apt-get install -y -qq -o DPkg::Lock::Timeout=120 --no-install-recommends $missing fonts-dejavu-core
    exit 0
fi
echo "The tests need, and this machine lacks:$missing. Install that with your system's packages and run again." >&2
exit 1
