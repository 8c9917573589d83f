#!/bin/sh
# Compiles like the command it is given, but sources of an installed package only once.
#
#   COMPILED=folder tools/compile-once.sh g++ … -c -o out.o source.cpp
#
# Verilator's generated makefiles call it as their OBJCACHE. Every model is linked with the same few
# files of Verilator's runtime, which take several times as long to compile as a small model itself.
set -eu
for source; do :; done
case $source in
*/site-packages/verilator/include/*.cpp) ;;
*) exec "$@" ;;
esac
key=$( { printf '%s\n' "$@"; "$1" --version; } | cksum | tr ' ' -)
kept=$COMPILED/$(basename "$source" .cpp)-$key.o
# The object's name follows -o.
previous=
for word; do
    [ "$previous" != -o ] || object=$word
    previous=$word
done
if [ ! -e "$kept" ]; then
    mkdir -p "$COMPILED"
    "$@"
    cp "$object" "$kept.$$"
    mv "$kept.$$" "$kept"
else
    cp "$kept" "$object"
fi
