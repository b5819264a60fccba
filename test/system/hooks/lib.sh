# SPDX-License-Identifier: MIT
# For the tests of hooks: commands under `oriel run --attach`, each in a network of its own where that is possible.
# shellcheck disable=SC2154,SC2034 # samples and others come from ../lib.sh
need_samples
[ -z "$ORIEL_EMULATOR" ] && [ "$(uname -s)" = Linux ] || skip_all 'system calls are supervised on Linux only, and not in an emulator'
[ "${ORIEL_PRODUCTION:-}" != ON ] || skip_all 'a production build runs no object files'
command -v python3 >/dev/null || skip_all 'needs python3'
here=$ORIEL_SOURCE/test/system/hooks
windows=$ORIEL_BUILD/bpf/hooks_windows.o linux=$ORIEL_BUILD/bpf/hooks_linux.o
sockets=$ORIEL_BUILD/bin/sockets
run oriel run --attach bind "$samples/hello_world.o" -- true
[ "$status" -eq 0 ] || skip_all "no supervising here: $(head -n 1 "$tmp/err")"
own=
if unshare -Urn true 2>/dev/null; then own='unshare -Urn'; fi
need_own() { [ -n "$own" ] || skip_all 'no network namespace of our own'; }
# in_own COMMAND...: in a network where nobody else is.
in_own() { timeout -k 2 "${ORIEL_HOOKS_SECONDS:-60}" $own sh -c 'ip link set lo up 2>/dev/null; exec "$@"' sh "$@"; }
# supervised OPTION... -- COMMAND...
supervised() { run in_own "$ORIEL_BUILD/bin/oriel" run "$@"; }
# lines TEXT...: standard output is that, in any order.
lines() { printf '%s\n' "$@" | sort >"$tmp/wanted" && sort "$tmp/out" | diff "$tmp/wanted" -; }
