#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Installs the Debian packages that autobus needs (tools/packages.txt says why each), and nothing
# else. When all are there it does nothing and says nothing.
#
# Usage: tools/deps.sh [--check] [GROUP]...
#   groups: base check debug-kernel; without one: base check
#   --check   install nothing; name what is missing, and exit 1 if anything is
set -eu

list=$(dirname "$0")/packages.txt

usage() {
    sed -n '/^# Usage:/,/^set /{ /^# /s/^# //p; }' "$0"
}

check=
groups=
for argument in "$@"; do
    case $argument in
    --check) check=yes ;;
    -h | --help) usage; exit 0 ;;
    -*) echo "deps.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
    *)
        if ! grep -qxF "[$argument]" "$list"; then
            echo "deps.sh: no group \"$argument\" in $list" >&2
            exit 2
        fi
        groups="$groups $argument"
        ;;
    esac
done
groups=${groups:-base check}

if ! command -v dpkg-query >/dev/null; then
    echo "deps.sh: this is not Debian; install the counterparts of the packages in $list" >&2
    exit 1
fi

# Prints the packages of the wanted groups, one per line.
wanted() {
    awk -v groups="$groups" '
        BEGIN { split(groups, names, " "); for (i in names) take["[" names[i] "]"] = 1 }
        /^#/ || NF == 0 { next }
        /^\[/ { on = ($1 in take); next }
        on { print $1 }' "$list"
}

# Prints those of them that are not installed.
missing() {
    # dpkg-query fails if it does not know one of them; its output is right all the same.
    # shellcheck disable=SC2046
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' $(wanted) 2>/dev/null |
        awk '$1 == "installed" { print $2 }' | sort -u >"$installed"
    wanted | sort -u | comm -23 - "$installed"
}

installed=$(mktemp)
trap 'rm -f "$installed"' EXIT
names=$(missing | tr '\n' ' ')
names=${names% }
if [ -z "$names" ]; then
    exit 0
fi

if [ -n "$check" ]; then
    echo "missing packages: $names"
    [ "$groups" != "base check" ] || groups=
    echo "install them with: tools/deps.sh$groups   (as root)"
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "deps.sh: these packages are missing: $names" >&2
    echo "deps.sh: run it as root, or: sudo apt-get install $names" >&2
    exit 1
fi

# shellcheck disable=SC2086
set -- $names
echo "installing $# package(s): $names"
export DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes
options="-q -y -o Dpkg::Use-Pty=0 -o APT::Sandbox::User=root -o DPkg::Lock::Timeout=120"
echo "[1/2] apt-get update"
# shellcheck disable=SC2086
apt-get $options update >/dev/null
echo "[2/2] apt-get install"
# shellcheck disable=SC2086
apt-get $options install --no-install-recommends "$@" </dev/null |
    awk -v total="$#" '
        /^Need to get/ { print "      " $0; fflush() }
        /^[0-9]+ upgraded/ { all = $3; print "      " $0; fflush() }
        /^Get:/ && ++got % 25 == 0 { print "      fetched " got " packages"; fflush() }
        /^Setting up / && ++ready % 25 == 0 {
            print "      set up " ready " of " all " packages"; fflush()
        }
        /^E:/ { print; fflush() }'

names=$(missing | tr '\n' ' ')
if [ -n "${names% }" ]; then
    echo "deps.sh: still missing after apt-get install: $names" >&2
    exit 1
fi
echo "all packages are installed"
