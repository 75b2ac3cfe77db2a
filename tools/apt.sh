# SPDX-License-Identifier: Apache-2.0
#
# Sourced by tools/fetch, tools/fetch-firmware and tools/fetch-lwip: packages of
# Debian, downloaded as files. The host is left as it is: apt runs with a state, a
# cache and a sources list of its own under BUILD/deb, and nothing is installed.
#
#   open_downloads BUILD           before all else; waits for another run in BUILD
#   open_apt NAME COMPONENTS [SUITE [TYPE]]
#                                  read the package lists; NAME: of the state's
#                                  folder; SUITE is preferred to the release; TYPE:
#                                  deb-src for source packages
#   download PACKAGE ARCHITECTURE [VERSION]
#                                  print the .deb's path, downloading it if need be
#   download_source PACKAGE        print the paths of a source package's files, likewise
#   depends PACKAGE                print the names it depends on
#   version_of PACKAGE             print its version
#   unpack DEB FOLDER PATTERN...   the files that match; an error if there is none

release=bookworm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

say() { printf '%s: %s\n' "${0##*/}" "$*"; }
die() { printf '%s: error: %s\n' "${0##*/}" "$*" >&2; exit 1; }

open_downloads() {
	for tool in apt-get apt-cache dpkg dpkg-deb tar; do
		command -v $tool >/dev/null || die "$tool is missing: this needs a Debian or Debian-like host"
	done
	[ -r $keyring ] || die "$keyring is missing; install the package debian-archive-keyring"
	deb=$1/deb
	archives=$deb/archives
	host=$(dpkg --print-architecture)
	mkdir -p "$archives/new"

	# Two runs at a time (make -j, two terminals) would trip over one another.
	exec 9>"$deb/lock"
	if command -v flock >/dev/null && ! flock -n 9; then
		say "another download is running in $deb, waiting for it"
		flock 9
	fi
	rm -f "$archives/new/"*
}

# The host's own mirror of a suite whose name ends with $1 ('' or -security);
# both formats of sources. A host with another distribution has none.
host_mirror() {
	cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list \
		/etc/apt/sources.list.d/*.sources 2>/dev/null |
	awk -v tail="$1" '
	function offer(uri, suites,    n, i, word) {
		n = split(suites, word)
		for (i = 1; i <= n; i++) {
			if (word[i] ~ "^(bullseye|bookworm|trixie|forky|sid|stable|testing)" tail "$" &&
			    uri ~ /^(http|https|ftp|file|copy):/ && uri ~ /debian/) {
				print uri
				exit
			}
		}
	}
	function stanza() { if (!off && uri) offer(uri, suites); off = 0; uri = suites = "" }
	/^deb[ \t]/ { sub(/\[[^]]*\]/, ""); offer($2, $3); next }
	/^[Ee]nabled:[ \t]*(no|false)/ { off = 1 }
	/^URIs:/   { uri = $2 }
	/^Suites:/ { suites = $0 }
	/^[ \t]*$/ { stanza() }
	/^Types:/  { stanza() }
	END { stanza() }' | head -n 1
}

open_apt() {
	apt=$deb/$1
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/etc"
	mirror=$(host_mirror '')
	[ -n "$mirror" ] || die "no Debian mirror in /etc/apt: add one to /etc/apt/sources.list"
	security=$(host_mirror '-security')
	[ -n "$security" ] || security=$mirror-security # as on every mirror that has it
	signed="${4:-deb} [signed-by=$keyring]"
	{
		printf '%s %s %s %s\n' "$signed" "$mirror" $release "$2"
		printf '%s %s %s %s\n' "$signed" "$mirror" $release-updates "$2"
		printf '%s %s %s %s\n' "$signed" "$security" $release-security "$2"
		[ -z "${3:-}" ] || printf '%s %s %s %s\n' "$signed" "$mirror" "$3" "$2"
	} >"$apt/etc/sources.list"

	# Read after the host's configuration: keeps its proxy, drops its hooks, which
	# would act on the host's own caches.
	: >"$apt/etc/status"
	cat >"$apt/etc/apt.conf" <<END
#clear APT::Update;
#clear APT::Architectures;
#clear DPkg;
APT::Architecture "arm64";
APT::Architectures { "arm64"; "$host"; };
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Install-Recommends "false";
Acquire::Languages "none";
Acquire::Retries "2";
Acquire::http::Timeout "30";
Acquire::https::Timeout "30";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Dir::State "$apt";
Dir::State::status "$apt/etc/status";
Dir::Cache "$apt/cache";
Dir::Cache::pkgcache "pkgcache.bin";
Dir::Cache::srcpkgcache "srcpkgcache.bin";
Dir::Etc::sourcelist "$apt/etc/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
END
	if [ -n "${3:-}" ]; then
		printf 'APT::Default-Release "%s";\n' "$3" >>"$apt/etc/apt.conf"
	fi

	say "reading the package lists of ${3:-$release} from $mirror"
	if ! run_apt apt-get update >"$deb/log" 2>&1; then
		# After "make clean" everything may still be there.
		find "$apt/lists" -name '*_Packages*' -o -name '*_Sources*' | grep -q . || offline "the package lists"
		say "$mirror does not answer: going by the package lists of last time"
	fi
}

run_apt() { "$@" -c "$apt/etc/apt.conf"; }

offline() {
	die "$1 could not be downloaded from $mirror (no network?); connect or set http_proxy," \
	    "then run the same command again: what is there already is kept (details: $deb/log)"
}

depends() { # the Depends field of the version apt would install
	run_apt apt-cache --no-all-versions show "$1" | sed -n 's/^Depends: //p' |
		tr ',|' '\n\n' | awk '{ sub(/:.*/, "", $1); print $1 }'
}

version_of() { # of the package apt would install
	run_apt apt-cache --no-all-versions show "$1" | sed -n 's/^Version: //p'
}

download() { obtain "$1" download "$1:$2${3:+=$3}"; }
download_source() { obtain "$1" source --download-only "$1"; }

# obtain PACKAGE COMMAND...: prints the files that apt-get COMMAND is about,
# downloading them if one is not there. apt names no address for a file that lies
# before it, hence the empty folder.
obtain() {
	what=$1
	shift
	uris=$(cd "$archives/new" && run_apt apt-get "$@" --print-uris 2>>"$deb/log") ||
		die "apt has no package $what; see $deb/log"
	files=$(printf '%s\n' "$uris" | sed -n "s/^'[^']*' //p") # name, size, sum
	[ -n "$files" ] || die "apt names no address for $what; see $deb/log"
	if ! printf '%s\n' "$files" | are_there; then
		say "downloading $what ($(printf '%s\n' "$files" | awk '{ n += $2 } END { print int(n / 1024) }') KiB)" >&2
		(cd "$archives/new" && run_apt apt-get -q "$@" >>"$deb/log" 2>&1) || offline "$what"
		mv "$archives/new/"* "$archives/"
	fi
	printf '%s\n' "$files" | awk -v folder="$archives" '{ print folder "/" $1 }'
}

are_there() {
	while read -r name size _; do
		[ -e "$archives/$name" ] && [ "$(wc -c <"$archives/$name")" -eq "$size" ] || return 1
	done
}

unpack() {
	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" |
		(cd "$2" && shift 2 && tar -x -m --wildcards "$@" 2>>"$deb/log") ||
		die "$1 lacks a file this project needs; see $deb/log"
}
