// SPDX-License-Identifier: GPL-3.0-or-later
/*
 * What librtcheck.so watches of the dynamic linker, and of JACK: what asks the
 * server, allocates or waits for the notification thread. jack_free() is seen
 * as free().
 */
#include <dlfcn.h>
#include <jack/jack.h>
#include <jack/metadata.h>
#include <jack/thread.h>
#include <jack/uuid.h>

#include "tests/tools/rtcheck.h"

#define CALL RTCHECK_CALL

CALL(void *, dlopen, (const char *path, int how), (path, how))
CALL(void *, dlsym, (void *lib, const char *name), (lib, name))
CALL(int, dlclose, (void *lib), (lib))

CALL(int, jack_client_close, (jack_client_t * c), (c))
CALL(int, jack_activate, (jack_client_t * c), (c))
CALL(int, jack_deactivate, (jack_client_t * c), (c))
CALL(int, jack_connect, (jack_client_t * c, const char *from, const char *to),
     (c, from, to))
CALL(int, jack_disconnect,
     (jack_client_t * c, const char *from, const char *to), (c, from, to))
CALL(int, jack_port_disconnect, (jack_client_t * c, jack_port_t *p), (c, p))
CALL(jack_port_t *, jack_port_register,
     (jack_client_t * c, const char *name, const char *type,
      unsigned long flags, unsigned long bytes),
     (c, name, type, flags, bytes))
CALL(int, jack_port_unregister, (jack_client_t * c, jack_port_t *p), (c, p))
CALL(int, jack_port_rename,
     (jack_client_t * c, jack_port_t *p, const char *name), (c, p, name))
CALL(int, jack_port_set_alias, (jack_port_t * p, const char *name), (p, name))
CALL(const char **, jack_get_ports,
     (jack_client_t * c, const char *names, const char *types,
      unsigned long flags),
     (c, names, types, flags))
CALL(const char **, jack_port_get_connections, (const jack_port_t *p), (p))
CALL(const char **, jack_port_get_all_connections,
     (const jack_client_t *c, const jack_port_t *p), (c, p))
CALL(int, jack_set_buffer_size, (jack_client_t * c, jack_nframes_t n), (c, n))
CALL(int, jack_set_freewheel, (jack_client_t * c, int on), (c, on))
CALL(int, jack_recompute_total_latencies, (jack_client_t * c), (c))
CALL(char *, jack_get_uuid_for_client_name,
     (jack_client_t * c, const char *name), (c, name))
CALL(char *, jack_get_client_name_by_uuid,
     (jack_client_t * c, const char *uuid), (c, uuid))
CALL(int, jack_set_property,
     (jack_client_t * c, jack_uuid_t subject, const char *key,
      const char *value, const char *type),
     (c, subject, key, value, type))
CALL(int, jack_get_property,
     (jack_uuid_t subject, const char *key, char **value, char **type),
     (subject, key, value, type))
CALL(int, jack_client_create_thread,
     (jack_client_t * c, jack_native_thread_t *t, int priority, int realtime,
      void *(*run)(void *), void *arg),
     (c, t, priority, realtime, run, arg))
CALL(int, jack_client_stop_thread, (jack_client_t * c, jack_native_thread_t t),
     (c, t))
