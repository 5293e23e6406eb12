/* SPDX-License-Identifier: Apache-2.0 */
void stk_a(char *p, const char *q);

void stk_a(char *p, const char *q)
{
    (void)p;
    (void)q;
    (void)strtol(q, NULL, 10);
}
