// SPDX-License-Identifier: GPL-3.0-or-later
#include "netsink/access.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define NAME_SIZE 256 /* bytes of a name, and the end */

/* The name in "name:port" or "[v6]:port"; false: it is none. */
static bool name_of(const char *host, char name[NAME_SIZE], bool *v6)
{
    const char *rest;
    size_t n;

    *v6 = *host == '[';
    host += *v6;
    n = strcspn(host, *v6 ? "]" : ":");
    rest = host + n;
    if (*v6 && *rest++ != ']')
        return false;
    if (*rest == ':')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest || n == 0 || n >= NAME_SIZE)
        return false;
    memcpy(name, host, n);
    name[n] = '\0';
    return true;
}

bool access_host_ok(const char *host, const char *const *names, uint32_t n)
{
    struct in6_addr address;
    char name[NAME_SIZE];
    bool v6;

    if (!host)
        return true;
    if (!name_of(host, name, &v6))
        return false;
    if (v6)
        return inet_pton(AF_INET6, name, &address) == 1;
    if (inet_pton(AF_INET, name, &address) == 1 ||
        strcasecmp(name, "localhost") == 0)
        return true;
    for (uint32_t i = 0; i < n; i++) {
        if (strcasecmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

/* "http://host:port" of the very host that was asked. */
static bool is_origin_of(const char *origin, const char *host)
{
    const char *at = strstr(origin, "://");

    return at && host && strcasecmp(at + 3, host) == 0;
}

/* Sec-Fetch-Site: "same-site" is another port, which is not ours. */
static bool is_own(const char *site)
{
    return !site || strcasecmp(site, "same-origin") == 0 ||
           strcasecmp(site, "none") == 0;
}

bool access_look_ok(const char *site, const char *mode, const char *path)
{
    return is_own(site) || (mode && strcasecmp(mode, "navigate") == 0 &&
                            strcmp(path, "/") == 0);
}

bool access_site_ok(const char *site, const char *origin, const char *host)
{
    if (!is_own(site))
        return false;
    return !origin || is_origin_of(origin, host);
}

const char *access_bearer(const char *authorization)
{
    static const char scheme[] = "Bearer "; /* RFC 9110 11.1: in any case */

    if (!authorization ||
        strncasecmp(authorization, scheme, sizeof(scheme) - 1) != 0)
        return NULL;
    authorization += sizeof(scheme) - 1;
    return authorization + strspn(authorization, " ");
}

bool access_is_json(const char *type)
{
    static const char json[] = "application/json";

    if (!type || strncasecmp(type, json, sizeof(json) - 1) != 0)
        return false;
    type += sizeof(json) - 1;
    return type[strspn(type, " \t")] == '\0' ||
           type[strspn(type, " \t")] == ';';
}
