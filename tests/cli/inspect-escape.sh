# SPDX-License-Identifier: Apache-2.0
# What a stream holds is obeyed by no terminal.
. "$TOP/tests/cli/lib"
# ESC, CSI as C1, right-to-left override, NUL, bad UTF-8, quotes.
printf 'X\016\000\000\000\033[2J\302\233\342\200\256\000'"'"'"\\\n.' >text
printf 'B\004\000\000\000\033\377\303\251.' >bytes
printf 'c\033]0;os\nsys\302\233tem\n.' >name
printf 'P\033[31mid\n.' >persid
printf "S'\\\\x1b\033[0m'\n." >string
for name in text bytes name persid string; do
    LC_ALL=C.UTF-8 "$STOCKADE" inspect "$name"
    LC_ALL=C.UTF-8 "$STOCKADE" inspect --trace "$name"
    "$STOCKADE" inspect -f json "$name" >list.json
    tail -n +4 list.json | head -n 1
done >out
LC_ALL=C tr -d '\n -~' <out | wc -c
cat out
