# SPDX-License-Identifier: Apache-2.0
# Names are whatever an attacker likes; no byte of them reaches a terminal raw.
. "$TOP/tests/cli/lib"
mkdir d
esc=$(printf '\033')
pka vanished-result-pop "d/${esc}]0;owned${esc}[2J"
pka vanished-result-pop "d/two
lines"
pka vanished-result-pop "d/$(printf '\342\200\256lkp.exe')"
pka vanished-result-pop "d/$(printf 'not-\377-utf8')"
pka vanished-result-pop 'd/back\slash'
pka vanished-result-pop 'd/Größe.pkl'
"$STOCKADE" scan "d" "missing${esc}[31m"
LC_ALL=C "$STOCKADE" scan d/G*
"$STOCKADE" scan -f jsonl d | sed 's/, "verdict".*//'
"$STOCKADE" scan -f sarif d | sed -n 's/.*"uri": "\([^"]*\)".*/\1/p'
