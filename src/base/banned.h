/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that stockade does not use, made compile errors. The build includes this file
 * before the first line of every file in src/; the headers that declare the functions are
 * read first, so that they still may. The error message says which function it was.
 */
#pragma once

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#define STK_BANNED(func) stk_sorry_##func##_is_banned_see_base_banned_h

/* No bound on what is written. */
#undef strcpy
#define strcpy(...) STK_BANNED(strcpy)
#undef strcat
#define strcat(...) STK_BANNED(strcat)
#undef stpcpy
#define stpcpy(...) STK_BANNED(stpcpy)
#undef sprintf
#define sprintf(...) STK_BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) STK_BANNED(vsprintf)
#undef gets
#define gets(...) STK_BANNED(gets)
#undef scanf
#define scanf(...) STK_BANNED(scanf)
#undef fscanf
#define fscanf(...) STK_BANNED(fscanf)
#undef sscanf
#define sscanf(...) STK_BANNED(sscanf)

/* A bound, but perhaps no terminator. */
#undef strncpy
#define strncpy(...) STK_BANNED(strncpy)
#undef strncat
#define strncat(...) STK_BANNED(strncat)

/* Numbers whose errors nobody sees, or only through errno. */
#undef atoi
#define atoi(...) STK_BANNED(atoi)
#undef atol
#define atol(...) STK_BANNED(atol)
#undef atoll
#define atoll(...) STK_BANNED(atoll)
#undef atof
#define atof(...) STK_BANNED(atof)
#undef strtol
#define strtol(...) STK_BANNED(strtol)
#undef strtoll
#define strtoll(...) STK_BANNED(strtoll)
#undef strtoul
#define strtoul(...) STK_BANNED(strtoul)
#undef strtoull
#define strtoull(...) STK_BANNED(strtoull)

/* The stack, by a size from input. */
#undef alloca
#define alloca(...) STK_BANNED(alloca)

/* State that all threads share. */
#undef strtok
#define strtok(...) STK_BANNED(strtok)
#undef localtime
#define localtime(...) STK_BANNED(localtime)
#undef gmtime
#define gmtime(...) STK_BANNED(gmtime)
#undef ctime
#define ctime(...) STK_BANNED(ctime)
#undef asctime
#define asctime(...) STK_BANNED(asctime)
#undef rand
#define rand(...) STK_BANNED(rand)
#undef setenv
#define setenv(...) STK_BANNED(setenv)
#undef putenv
#define putenv(...) STK_BANNED(putenv)

/* A shell. */
#undef system
#define system(...) STK_BANNED(system)
#undef popen
#define popen(...) STK_BANNED(popen)

/* A name that another process can take first. */
#undef mktemp
#define mktemp(...) STK_BANNED(mktemp)
#undef tmpnam
#define tmpnam(...) STK_BANNED(tmpnam)
#undef tempnam
#define tempnam(...) STK_BANNED(tempnam)

/* base/ wraps these: memory has a cap and can be made to fail, copies have one place. */
#ifndef STK_BANNED_BASE
#undef memcpy
#define memcpy(...) STK_BANNED(memcpy)
#undef malloc
#define malloc(...) STK_BANNED(malloc)
#undef calloc
#define calloc(...) STK_BANNED(calloc)
#undef realloc
#define realloc(...) STK_BANNED(realloc)
#undef reallocarray
#define reallocarray(...) STK_BANNED(reallocarray)
#undef free
#define free(...) STK_BANNED(free)
#undef strdup
#define strdup(...) STK_BANNED(strdup)
#undef strndup
#define strndup(...) STK_BANNED(strndup)
#undef asprintf
#define asprintf(...) STK_BANNED(asprintf)
#undef vasprintf
#define vasprintf(...) STK_BANNED(vasprintf)
#endif
