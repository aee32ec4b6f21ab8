/// Which addresses a zone may connect to; names are resolved here.
#pragma once
#include "broker.h"

#include <sys/socket.h>

/// Prepares the list; nothing is resolved before somebody asks. Returns -1 without memory.
int destinations_prepare(const struct csandbox_policy *policy);

/// 0 when the zone may connect to this address of the Internet, otherwise an errno value. May ask resolvers, for seconds.
int destinations_check(const struct sockaddr *address, socklen_t length);

/// "HOST:PORT" of an address of the Internet.
void destinations_text(const struct sockaddr *address, char *text, size_t size);
