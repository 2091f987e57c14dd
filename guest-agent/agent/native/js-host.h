/* The machine itself and this process: locks, devices, name, clock, output. */
#ifndef UBUGI_JS_HOST_H
#define UBUGI_JS_HOST_H

#include <stdio.h>
#include <sys/socket.h>
#include <sys/utsname.h>

#include "js-values.h"
#include "processes.h"

/* lock(path, timeoutMs): a POSIX write lock on a root-owned file, created 0600 if missing, held until the process ends. */
static JSValue js_lock(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int64_t timeout;
    if (JS_ToInt64(ctx, &timeout, argv[1])) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "lock");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int fd = openat(folder, base, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600), error = fd < 0 ? errno : 0;
    int64_t begin = ubugi_monotonic_ms();
    while (!error) {
        struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        if (fcntl(fd, F_SETLK, &lock) == 0) break;
        if (errno != EAGAIN && errno != EACCES && errno != EINTR) error = errno;
        else if (ubugi_monotonic_ms() - begin > timeout) error = ETIMEDOUT;
        else poll(NULL, 0, 10);
    }
    if (error && fd >= 0) close(fd);
    return finish(ctx, "lock", path, folder, error ? -1 : 0, error);
}

/* send(path, text, timeoutMs): writes to a character device whose reader may be absent, within the time. */
static JSValue js_send(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    const char *path;
    char base[NAME_MAX + 1];
    int64_t timeout;
    size_t length;
    if (JS_ToInt64(ctx, &timeout, argv[2])) return JS_EXCEPTION;
    const char *text = JS_ToCStringLen(ctx, &length, argv[1]);
    if (text == NULL) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "send");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        JS_FreeCString(ctx, text);
        return JS_EXCEPTION;
    }
    /* udev's name in /dev/virtio-ports is a link to /dev/vportNpM; /dev is root's alone. */
    int fd = openat(folder, base, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), error = fd < 0 ? errno : 0;
    int64_t begin = ubugi_monotonic_ms();
    for (size_t done = 0; !error && done < length;) {
        ssize_t n = write(fd, text + done, length - done);
        if (n >= 0) {
            done += (size_t)n;
            continue;
        }
        if (errno != EAGAIN && errno != EINTR) error = errno;
        int64_t remains = timeout - (ubugi_monotonic_ms() - begin);
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        if (!error && (remains <= 0 || poll(&wait, 1, (int)remains) == 0)) error = ETIMEDOUT;
        if (!error && wait.revents & (POLLERR | POLLHUP)) error = ENXIO;
    }
    if (fd >= 0) close(fd);
    JS_FreeCString(ctx, text);
    return finish(ctx, "send", path, folder, error ? -1 : 0, error);
}

/* host(): { hostname, arch } */
static JSValue js_host(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    struct utsname names;
    if (uname(&names) < 0) return fail(ctx, "uname", "of this machine", errno);
    JSValue value = JS_NewObject(ctx);
    set(ctx, value, "hostname", JS_NewString(ctx, names.nodename));
    set(ctx, value, "arch", JS_NewString(ctx, names.machine));
    return value;
}

/* setHostname(name) */
static JSValue js_set_hostname(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    size_t length;
    const char *name = JS_ToCStringLen(ctx, &length, argv[0]);
    if (name == NULL) return JS_EXCEPTION;
    int result = sethostname(name, length), error = errno;
    JSValue value = result < 0 ? fail(ctx, "sethostname", name, error) : JS_UNDEFINED;
    JS_FreeCString(ctx, name);
    return value;
}

/* monotonic(): milliseconds since some fixed point. */
static JSValue js_monotonic(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return JS_NewFloat64(ctx, (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6);
}

/* print(text): to standard output, whole. */
static JSValue js_print(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    size_t length;
    const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
    if (text == NULL) return JS_EXCEPTION;
    for (size_t done = 0; done < length;) {
        ssize_t n = write(STDOUT_FILENO, text + done, length - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        done += (size_t)n;
    }
    JS_FreeCString(ctx, text);
    return JS_UNDEFINED;
}

/* exit(status) */
static JSValue js_exit(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    int32_t status;
    if (JS_ToInt32(ctx, &status, argv[0])) return JS_EXCEPTION;
    _exit(status);
}

#endif
