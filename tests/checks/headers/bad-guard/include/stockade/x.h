/* SPDX-License-Identifier: Apache-2.0 */

struct stockade_x {
    int x;
};
