// LD_PRELOAD: a socket that is bound to any free port gets 127.0.0.1:$BINDPORT instead. For TensorZero, whose Python
// client starts its gateway on a port of its own choice.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>

int bind(int fd, const struct sockaddr *address, socklen_t size) {
  static int (*real)(int, const struct sockaddr *, socklen_t);
  if (!real) real = dlsym(RTLD_NEXT, "bind");
  const char *port = getenv("BINDPORT");
  if (port && address->sa_family == AF_INET && !((const struct sockaddr_in *)address)->sin_port) {
    int type;
    socklen_t type_size = sizeof type;
    getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size);
    if (type == SOCK_STREAM) {
      struct sockaddr_in other = *(const struct sockaddr_in *)address;
      other.sin_port = htons(atoi(port));
      other.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      return real(fd, (struct sockaddr *)&other, sizeof other);
    }
  }
  return real(fd, address, size);
}
