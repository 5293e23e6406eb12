# SPDX-License-Identifier: Apache-2.0
# One screen: no line is longer than 80 columns, and there are no more than 24.
"$STOCKADE" scan -h >out
cat out
awk 'length > 80 { print "too long: " $0 } END { if (NR > 24) print "too many: " NR }' out
