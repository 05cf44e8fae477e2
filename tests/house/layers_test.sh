#!/bin/sh
# The test of the walls: each kind of breach, planted in a small tree, must be
# found; the tree without a breach must pass.
set -eu
here=$(dirname "$0")
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
for layer in base model http store script flow cli; do
    mkdir -p "$tree/$layer"
    echo "/* $layer */" >"$tree/$layer/a.h"
done
echo '#include "base/a.h"' >"$tree/flow/good.c"
LAYERS_ROOT=$tree sh "$here/layers.sh" >/dev/null 2>&1 || {
    echo "layers_test: a sound tree was refused" >&2
    exit 1
}
breach() {
    printf '%s\n' "$2" >"$tree/$1"
    if LAYERS_ROOT=$tree sh "$here/layers.sh" >/dev/null 2>&1; then
        echo "layers_test: not found: $2 in $1" >&2
        exit 1
    fi
    rm "$tree/$1"
}
breach base/up.c '#include "model/a.h"'
breach http/side.c '#include "store/a.h"'
breach script/side.c '#include "http/a.h"'
breach model/up.c '#include "flow/a.h"'
breach flow/missing.c '#include "base/nothing.h"'
breach flow/lua.c '#include <lua.h>'
breach flow/sql.c '#include <sqlite3.h>'
breach store/sql.c '#include <sqlite3.h>'
breach model/event.c '#include <event2/event.h>'
breach http/json.c '#include <jansson.h>'
breach flow/vendor.c '/* Zendesk wants this */'
echo '#include "base/c.h"' >"$tree/base/b.h"
breach base/c.h '#include "base/b.h"'
