# SPDX-License-Identifier: Apache-2.0
# Globs are about folders only: with a slash on the path below, else on the name.
. "$TOP/tests/cli/lib"
mkdir -p m/cache/deep m/a
for name in m/x.pkl m/x.bin m/a/y.pkl m/cache/z.pkl m/cache/deep/w.pkl; do
    pka benign-containers-4 "$name"
done
run() {
    echo "$*"
    "$STOCKADE" scan -v "$@"
}
run --include '*.pkl' m
run --exclude cache m
run --include '*.pkl' --include '*.bin' --exclude 'a/*' --exclude '[wz].pkl' m
run --exclude 'cache/deep' m
run --exclude '*.pkl' m/x.pkl
