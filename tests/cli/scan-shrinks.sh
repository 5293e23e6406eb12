# SPDX-License-Identifier: Apache-2.0
# A file that has fewer bytes than it said: those of sysfs say 4096.
"$STOCKADE" scan /sys/kernel/mm/transparent_hugepage/enabled
