/* SPDX-License-Identifier: Apache-2.0 */
struct a {
    void (*free)(void *p);
    int system;
};

int stk_a(const struct a *a);

int stk_a(const struct a *a)
{
    return a->free != NULL && a->system;
}
