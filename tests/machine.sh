#!/bin/sh
# What the tests need of the machine beside Python: headless Chromium, and the servers of PostgreSQL and Redis.
#
#   CHROMIUM=…           the browser to use, when it has another name
#   TEST_POSTGRES_URL=…  a PostgreSQL to make test databases in, instead of a private one
#   CI=true              stop when something is missing instead of letting its tests be skipped
#
# What is missing is installed where that may be done without asking (root, and apt-get is there).
set -eu

has_chromium() {
    if [ -n "${CHROMIUM:-}" ]; then
        command -v "$CHROMIUM" >/dev/null
        return
    fi
    for name in chromium-headless-shell chromium chromium-browser google-chrome; do
        command -v "$name" >/dev/null && return
    done
    return 1
}

has_postgresql() {
    [ -n "${TEST_POSTGRES_URL:-}" ] && return
    for directory in /usr/lib/postgresql/*/bin; do
        [ -x "$directory/initdb" ] && [ -x "$directory/postgres" ] && return
    done
    command -v initdb >/dev/null && command -v postgres >/dev/null
}

has_redis() {
    command -v redis-server >/dev/null
}

may_install() {
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null
}

# Debian's package would start a database server for the whole machine, which nobody asked for: createcluster.conf
# says no before the package asks. It comes with postgresql-common, so that goes first.
install_postgresql() {
    apt-get install -y --no-install-recommends postgresql-common &&
        mkdir -p /etc/postgresql-common &&
        echo 'create_main_cluster = false' >>/etc/postgresql-common/createcluster.conf &&
        apt-get install -y --no-install-recommends postgresql
}

# Nor is a Redis for the whole machine started: policy-rc.d says no, unless there is one with an opinion of its own.
install_redis() {
    policy=/usr/sbin/policy-rc.d
    [ -e "$policy" ] && policy=
    [ -z "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod +x "$policy"; }
    apt-get install -y --no-install-recommends redis-server && installed=yes || installed=no
    [ -z "$policy" ] || rm -f "$policy"
    [ "$installed" = yes ]
}

# The headless shell does the same with half of the computing, but not every system has a package of it.
install_chromium() {
    apt-get install -y --no-install-recommends chromium-headless-shell ||
        apt-get install -y --no-install-recommends chromium
}

# quietly COMMAND: its output is shown only when it fails.
quietly() {
    log=$(mktemp)
    "$@" >"$log" 2>&1 </dev/null && failed=0 || failed=1
    [ "$failed" = 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$failed"
}

updated=no
install() {
    echo "Installing $1 …"
    export DEBIAN_FRONTEND=noninteractive
    if [ "$updated" = no ]; then
        updated=yes
        quietly apt-get update || true # an outdated list may still do
    fi
    quietly "$2"
}

# want NAME PREDICATE INSTALLER TESTS
want() {
    "$2" && return
    because='I may not install it'
    if may_install; then
        install "$1" "$3" && "$2" && return
        because='installing it failed'
    fi
    if [ "${CI:-}" = true ]; then
        echo "$1 is missing and $because: the $4 tests cannot be run." >&2
        exit 1
    fi
    echo "$1 is missing and $because: the $4 tests will be skipped." >&2
}

want Chromium has_chromium install_chromium browser
want PostgreSQL has_postgresql install_postgresql PostgreSQL
want Redis has_redis install_redis Redis
