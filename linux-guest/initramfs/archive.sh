# SPDX-License-Identifier: Apache-2.0
# Sourced by pack and pack-backend.
#
#   archive ROOT FILE   pack the folder ROOT as FILE, without root and bit for bit
#                       the same from the same files

archive() {
	chmod -R u=rwX,go=rX "$1"
	find "$1" -exec touch -h -d @0 {} +
	(cd "$1" && find . -mindepth 1 -print0 | LC_ALL=C sort -z |
		cpio --quiet --null --create --format=newc --reproducible --owner=+0:+0) |
		gzip -9 -n >"$2.new"
	mv "$2.new" "$2"
}
