# SPDX-License-Identifier: MIT
# Shared by the scripts here; sourced, for sh. need() collects what is missing, install_missing() installs it.
missing=""

say() {
	printf '== %s\n' "$*"
}

# need COMMAND PACKAGE...: the packages, unless the command (or, for a name with a slash, the file) is there.
need() {
	need_what=$1
	shift
	case $need_what in
	*/*) for need_file in $need_what; do [ -e "$need_file" ] && return 0; done ;;
	*) command -v "$need_what" >/dev/null 2>&1 && return 0 ;;
	esac
	for need_package in "$@"; do
		case " $missing " in
		*" $need_package "*) ;;
		*) missing="$missing $need_package" ;;
		esac
	done
}

# The first of the named commands that is there.
first_of() {
	for first_name in "$@"; do
		command -v "$first_name" 2>/dev/null && return 0
	done
	return 1
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		DEBIAN_FRONTEND=noninteractive "$@"
	else
		sudo -n DEBIAN_FRONTEND=noninteractive "$@"
	fi
}

apt_run() {
	as_root apt-get -q "$@" >"$apt_log" 2>&1 && return 0
	# In a container with a single user id apt cannot become its own user for the download.
	as_root apt-get -q -o APT::Sandbox::User=root "$@" >>"$apt_log" 2>&1
}

# Installs what need() found missing. 1, with the reason on standard error, when it cannot.
install_missing() {
	[ -n "$missing" ] || return 0
	say "installing:$missing"
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "There is no apt-get here. Install what Debian calls:$missing" >&2
		return 1
	fi
	if [ "$(id -u)" != 0 ] && ! { command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; }; then
		echo "Installing needs root, or sudo without a password. Run, then try again:" >&2
		echo "    apt-get update && apt-get install --no-install-recommends$missing" >&2
		return 1
	fi
	apt_log=$(mktemp)
	# The package lists may be old or absent: an install that fails is tried again on fresh ones.
	# shellcheck disable=SC2086
	if ! apt_run install -y --no-install-recommends $missing; then
		if ! apt_run update || ! apt_run install -y --no-install-recommends $missing; then
			tail -n 15 "$apt_log" >&2
			rm -f "$apt_log"
			echo "apt-get could not install:$missing" >&2
			return 1
		fi
	fi
	rm -f "$apt_log"
	missing=""
}
