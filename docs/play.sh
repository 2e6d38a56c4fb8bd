#!/bin/sh
# SPDX-License-Identifier: MIT
# Copyright autobus contributors
#
# Plays docs/tour.md, or another page like it: types what the actors type, and compares what their
# terminals show with what the page says. TAP on standard output.
#
# Usage: docs/play.sh build DIR [PAGE]   compile the page's programs into DIR (where the tree is)
#        docs/play.sh run DIR [PAGE]     play it (where a bus is), with DIR in front of PATH
#        docs/play.sh guest DIR          both, in a guest; the tree must be built
#
# What it looks for in the page:
#   ```cpp NAME              a program; becomes DIR/NAME
#   ```sh ACTOR              the actor types these lines in a terminal of his own; a line ^C
#                            interrupts what runs there
#   ```sh ACTOR until TEXT   then go on when `autobusctl list` shows TEXT
#   ```output ACTOR          then his terminal shows this
# Numbers in front of a line's first colon (serials, endpoints, processes) may be others, and so may
# the number of spaces. An output that doesn't come within a minute is wrong.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
patience=60

fail() {
    echo "play.sh: $*" >&2
    exit 1
}

# Splits the page into $work/NNN.KIND, each with its first line: the rest of the fence's line.
split() {
    awk -v work="$work" '
        /^```(cpp|sh|output) / {
            kind = substr($1, 4)
            file = sprintf("%s/%03d.%s", work, ++n, kind)
            print substr($0, length($1) + 2) >file
            next
        }
        /^```/ { if (file) close(file); file = ""; next }
        file { print >file }' "$page"
}

body() {
    tail -n +2 "$1"
}

build() {
    top=$here/..
    for block in "$work"/*.cpp; do
        name=$(head -n 1 "$block")
        body "$block" >"$dir/$name.cpp"
        # shellcheck disable=SC2046
        g++ -std=c++20 -Wall -Wextra -Werror -I"$top/include" \
            -o "$dir/$name" "$dir/$name.cpp" "$top/build/lib/libautobus.a" ||
            fail "$name, a program of $page, doesn't compile"
        echo "ok - $(basename "$page"): $name compiles"
    done
}

# Begins an actor's terminal: a shell that reads a pipe, whose other end is descriptor $fd here.
enter() {
    mkfifo "$work/$1.in"
    : >"$work/$1.seen"
    eval "fd_$1=$next_fd"
    sh <"$work/$1.in" >"$work/$1.out" 2>&1 &
    eval "pid_$1=$!"
    eval "exec $next_fd>\"$work/$1.in\""
    next_fd=$((next_fd + 1))
    actors="$actors $1"
}

signal_children() {
    grep -l "^PPid:[[:space:]]*$2\$" /proc/[0-9]*/status 2>/dev/null |
        while IFS=/ read -r _ _ child _; do
            kill -s "$1" "$child" 2>/dev/null || true
        done
}

type_lines() {
    [ -e "$work/$1.in" ] || enter "$1"
    eval "fd=\$fd_$1 pid=\$pid_$1"
    body "$2" >"$work/lines"
    while IFS= read -r line <&3; do
        if [ "$line" = '^C' ]; then
            signal_children INT "$pid"
        else
            eval "printf '%s\n' \"\$line\" >&$fd"
        fi
    done 3<"$work/lines"
}

# Without what may differ.
plain() {
    sed -E -e ':again' -e 's/^([^:]*)[0-9]/\1N/' -e 't again' -e 's/NN+/N/g' -e 's/ +/ /g' \
        -e 's/ $//'
}

# The first $2 whole lines that the terminal of $1 shows and that nobody has asked for yet.
shown() {
    tail -n +"$(($(wc -l <"$work/$1.seen") + 1))" "$work/$1.out" | head -n "$2"
}

await_output() {
    body "$2" >"$work/wanted"
    count=$(wc -l <"$work/wanted")
    for _ in $(seq $((patience * 10))); do
        shown "$1" "$count" >"$work/got"
        [ "$(wc -l <"$work/got")" -lt "$count" ] || break
        sleep 0.1
    done
    cat "$work/got" >>"$work/$1.seen"
    plain <"$work/wanted" >"$work/wanted.plain"
    plain <"$work/got" >"$work/got.plain"
    if cmp -s "$work/wanted.plain" "$work/got.plain"; then
        echo "ok - $title: $scene, $1 sees: $(head -n 1 "$work/wanted")"
        return
    fi
    echo "not ok - $title: $scene, $1 sees: $(head -n 1 "$work/wanted")"
    sed 's/^/#   the page:     /' "$work/wanted"
    sed 's/^/#   the terminal: /' "$work/got"
    failed=1
}

await_list() {
    for _ in $(seq $((patience * 5))); do
        if autobusctl list | tr -s ' ' | grep -qF -- "$1"; then
            return
        fi
        sleep 0.2
    done
    echo "not ok - $title: $scene, autobusctl list shows: $1"
    failed=1
}

leave() {
    for actor in $actors; do
        eval "pid=\$pid_$actor"
        signal_children TERM "$pid"
        kill "$pid" 2>/dev/null || true
    done
}

play() {
    PATH=$dir:$PATH
    export PATH
    autobusctl info >/dev/null || fail "there is no bus here; load the module first"
    actors=
    next_fd=4
    failed=0
    fd=''
    pid=''
    trap 'leave; rm -rf "$work"' EXIT
    for block in "$work"/*.sh "$work"/*.output; do
        echo "$block"
    done | sort >"$work/script"
    while IFS= read -r block <&9; do
        scene=$(basename "$block" | sed 's/^0*\([0-9]*\).*/block \1/')
        first=$(head -n 1 "$block")
        actor=${first%% *}
        case $block in
        *.output) await_output "$actor" "$block" ;;
        *) type_lines "$actor" "$block" ;;
        esac
        case $first in
        *' until '*) await_list "${first#* until }" ;;
        esac
    done 9<"$work/script"
    for actor in $actors; do
        if [ "$(wc -l <"$work/$actor.out")" -gt "$(wc -l <"$work/$actor.seen")" ]; then
            echo "not ok - $title: the terminal of $actor shows more than the page says"
            shown "$actor" 100 | sed 's/^/#   /'
            failed=1
        fi
    done
    [ "$failed" = 0 ] || exit 1
    echo "ok - $title: played to the end, by$actors"
}

in_guest() {
    top=$here/..
    release=$("$top/tests/vm/kernel.sh" | sed -n 's/^release=//p')
    module=$top/build/kmod-$release/kmod/autobus.ko
    [ -e "$module" ] || fail "there is no $module; make module-guest"
    "$top/tests/vm/guest.py" run --name tour --file "$module:/" --file "$here:/docs" \
        --file "$top/build/bin/autobusctl:/usr/bin/" --file "$dir:/tour" \
        -- 'insmod /autobus.ko && sh /docs/play.sh run /tour'
}

[ $# -ge 2 ] || {
    sed -n '/^# Usage:/,/^#$/s/^# *//p' "$0" >&2
    exit 2
}
verb=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
page=${3:-$here/tour.md}
title=$(basename "$page")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
split
case $verb in
build) build ;;
run) play ;;
guest)
    build
    in_guest
    ;;
*) fail "build, run or guest?" ;;
esac
