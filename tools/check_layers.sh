#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Floors look down only: what each may include, and where assembly may stand.
#
#   floor          may include
#   include/abi    abi
#   include/hyp    abi hyp
#   include/arch   abi hyp arch
#   arch/arm64     abi hyp arch arch/arm64, and the doors core/{trap,panic,init}.h
#   core           abi hyp arch core
#   partitions     abi hyp arch core partitions
#
# docs/architecture.md "Floors" gives the reasons.
cd "$(dirname "$0")/.." || exit 1
status=0

check() { # check FOLDER ALLOWED: a regular expression over the names in include "..."
	[ -d "$1" ] || return
	bad=$(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$1" --include='*.[chS]' |
	      grep -vE "include[[:space:]]*\"($2)\"")
	if [ -n "$bad" ]; then
		printf '%s\n' "$bad" | sed "s,\$,   <- $1 may not include this,"
		status=1
	fi
	# Of the C library, only what a freestanding compiler brings along.
	bad=$(grep -rnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*<' "$1" --include='*.[chS]' |
	      grep -vE '<std(int|def|bool|arg|atomic)\.h>')
	if [ -n "$bad" ]; then
		printf '%s\n' "$bad" | sed 's,$,   <- not a freestanding header,'
		status=1
	fi
}

file='[a-z0-9_]+\.h'
check include/abi  "abi/$file"
check include/hyp  "(abi|hyp)/$file"
check include/arch "(abi|hyp|arch)/$file"
check arch/arm64   "(abi|hyp|arch|arch/arm64)/$file|core/(trap|panic|init)\.h|images\.inc"
check core         "(abi|hyp|arch|core)/$file"
check partitions   "(abi|hyp|arch|core|partitions)/$file"

# Assembly, and the registers it names, belong to arch/arm64 alone.
bad=$(grep -rnwE 'asm|__asm__|__asm|sysreg_read|sysreg_write' include core partitions \
	--include='*.[ch]' | grep -vE ':[0-9]+:[[:space:]]*(/?\*|//)')
if [ -n "$bad" ]; then
	printf '%s\n' "$bad" | sed 's,$,   <- assembly above arch/arm64,'
	status=1
fi
bad=$(find include core partitions -name '*.S' 2>/dev/null)
if [ -n "$bad" ]; then
	printf '%s: assembly above arch/arm64\n' $bad
	status=1
fi
exit $status
