# SPDX-License-Identifier: Apache-2.0
# stockade alone is bad usage; -h and help are not.
. "$TOP/tests/cli/lib"
status
status -h
status help
