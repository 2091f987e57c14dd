/*
 * The system calls that QuickJS's own modules lack, as the ES module `native`. Typed in ../system/native.d.ts.
 * Every failing call throws an Error with the property `code` (ENOENT …).
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <sys/xattr.h>

#include "quickjs-libc.h"
#include "paths.h"
#include "processes.h"
#include "sessions.h"
#include "sha256.h"

#define countof(a) ((int)(sizeof(a) / sizeof(*(a))))

static JSValue fail(JSContext *ctx, const char *operation, const char *path, int error)
{
    static const struct { int error; const char *code; } codes[] = {
        {ENOENT, "ENOENT"}, {EEXIST, "EEXIST"}, {ENOTDIR, "ENOTDIR"}, {EISDIR, "EISDIR"}, {ELOOP, "ELOOP"},
        {EACCES, "EACCES"}, {EPERM, "EPERM"}, {ENOSPC, "ENOSPC"}, {EDQUOT, "EDQUOT"}, {EIO, "EIO"}, {EROFS, "EROFS"},
        {ENOTEMPTY, "ENOTEMPTY"}, {EXDEV, "EXDEV"}, {EINVAL, "EINVAL"}, {EILSEQ, "EILSEQ"}, {EFBIG, "EFBIG"},
        {ETIMEDOUT, "ETIMEDOUT"}, {ENAMETOOLONG, "ENAMETOOLONG"}, {ENODEV, "ENODEV"}, {ENXIO, "ENXIO"}, {ENOMEM, "ENOMEM"}};
    const char *code = "EOTHER";
    for (int i = 0; i < countof(codes); i++)
        if (codes[i].error == error) code = codes[i].code;
    char message[512];
    snprintf(message, sizeof message, "%s %.300s: %s", operation, path, strerror(error));
    JSValue object = JS_NewError(ctx);
    JS_DefinePropertyValueStr(ctx, object, "message", JS_NewString(ctx, message), JS_PROP_C_W_E);
    JS_DefinePropertyValueStr(ctx, object, "code", JS_NewString(ctx, code), JS_PROP_C_W_E);
    return JS_Throw(ctx, object);
}

/* A path argument: absolute and without NUL. Free with JS_FreeCString. */
static const char *path_argument(JSContext *ctx, JSValueConst value)
{
    size_t length;
    const char *path = JS_ToCStringLen(ctx, &length, value);
    if (path == NULL) return NULL;
    if (strlen(path) != length || path[0] != '/') {
        fail(ctx, "open", path, EINVAL);
        JS_FreeCString(ctx, path);
        return NULL;
    }
    return path;
}

/* Opens path argument 0's folder; on failure throws and returns -1. `*path` is to be freed in both cases if set. */
static int open_folder(JSContext *ctx, JSValueConst value, const char **path, char *base, const char *operation)
{
    *path = path_argument(ctx, value);
    if (*path == NULL) return -1;
    int folder = ubugi_open_parent(*path, base);
    if (folder < 0) fail(ctx, operation, *path, errno);
    return folder;
}

static JSValue finish(JSContext *ctx, const char *operation, const char *path, int folder, int result, int error)
{
    JSValue value = result < 0 ? fail(ctx, operation, path, error) : JS_UNDEFINED;
    close(folder);
    JS_FreeCString(ctx, path);
    return value;
}

static void set(JSContext *ctx, JSValue object, const char *name, JSValue value)
{
    JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_C_W_E);
}

/* lstat(path): { kind, mode, uid, gid, device, size } or null where there is nothing. */
static JSValue js_lstat(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path = path_argument(ctx, argv[0]);
    if (path == NULL) return JS_EXCEPTION;
    struct stat st;
    int folder = ubugi_open_parent(path, base);
    int result = folder < 0 ? -1 : fstatat(folder, base, &st, AT_SYMLINK_NOFOLLOW), error = errno;
    if (folder >= 0) close(folder);
    JSValue value = JS_NULL;
    if (result == 0) {
        value = JS_NewObject(ctx);
        set(ctx, value, "kind",
            JS_NewString(ctx, S_ISREG(st.st_mode)   ? "file"
                              : S_ISDIR(st.st_mode) ? "folder"
                              : S_ISLNK(st.st_mode) ? "link"
                                                    : "other"));
        set(ctx, value, "mode", JS_NewInt32(ctx, (int)(st.st_mode & 07777)));
        set(ctx, value, "uid", JS_NewInt64(ctx, st.st_uid));
        set(ctx, value, "gid", JS_NewInt64(ctx, st.st_gid));
        set(ctx, value, "device", JS_NewFloat64(ctx, (double)st.st_dev));
        set(ctx, value, "size", JS_NewInt64(ctx, st.st_size));
    } else if (error != ENOENT && error != ENOTDIR) {
        value = fail(ctx, "lstat", path, error);
    }
    JS_FreeCString(ctx, path);
    return value;
}

/* Reads a regular file of at most `limit` bytes whole into malloc'ed memory. Returns NULL with errno. */
static uint8_t *read_whole(int folder, const char *base, int64_t limit, int64_t owner, size_t *length)
{
    int fd = openat(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return NULL;
    struct stat st;
    uint8_t *data = NULL;
    size_t size = 0, room = 0;
    int error = 0;
    if (fstat(fd, &st) < 0) error = errno;
    else if (!S_ISREG(st.st_mode)) error = S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
    else if (owner >= 0 && st.st_uid != (uid_t)owner) error = EPERM;
    while (!error) {
        if (size == room) {
            room = room ? room * 2 : (size_t)(st.st_size > 0 && st.st_size < limit ? st.st_size + 1 : 4096);
            uint8_t *more = realloc(data, room);
            if (more == NULL) {
                error = ENOMEM;
                break;
            }
            data = more;
        }
        ssize_t n = read(fd, data + size, room - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        if (n <= 0) break;
        size += (size_t)n;
        if ((int64_t)size > limit) error = EFBIG;
    }
    close(fd);
    if (error) {
        free(data);
        errno = error;
        return NULL;
    }
    *length = size;
    return data;
}

static int valid_utf8(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n;) {
        uint8_t c = p[i];
        int more = c < 0x80 ? 0 : c >= 0xc2 && c <= 0xdf ? 1 : (c & 0xf0) == 0xe0 ? 2 : c >= 0xf0 && c <= 0xf4 ? 3 : -1;
        if (more < 0 || i + (size_t)more >= n) return 0;
        for (int k = 1; k <= more; k++)
            if ((p[i + (size_t)k] & 0xc0) != 0x80) return 0;
        if ((c == 0xe0 && p[i + 1] < 0xa0) || (c == 0xed && p[i + 1] > 0x9f) || (c == 0xf0 && p[i + 1] < 0x90) ||
            (c == 0xf4 && p[i + 1] > 0x8f))
            return 0;
        i += (size_t)more + 1;
    }
    return 1;
}

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static JSValue base64_encode(JSContext *ctx, const uint8_t *p, size_t n)
{
    char *text = malloc(n / 3 * 4 + 5), *t = text;
    if (text == NULL) return JS_ThrowOutOfMemory(ctx);
    for (size_t i = 0; i < n; i += 3) {
        uint32_t v = (uint32_t)p[i] << 16 | (i + 1 < n ? (uint32_t)p[i + 1] << 8 : 0) | (i + 2 < n ? p[i + 2] : 0);
        *t++ = base64_digits[v >> 18];
        *t++ = base64_digits[v >> 12 & 63];
        *t++ = i + 1 < n ? base64_digits[v >> 6 & 63] : '=';
        *t++ = i + 2 < n ? base64_digits[v & 63] : '=';
    }
    JSValue value = JS_NewStringLen(ctx, text, (size_t)(t - text));
    free(text);
    return value;
}

/* Decodes in place; returns the length or -1. */
static ssize_t base64_decode(char *text, size_t n)
{
    size_t out = 0;
    uint32_t v = 0;
    int bits = 0;
    while (n > 0 && text[n - 1] == '=') n--;
    for (size_t i = 0; i < n; i++) {
        const char *digit = text[i] ? strchr(base64_digits, text[i]) : NULL;
        if (digit == NULL) return -1;
        v = v << 6 | (uint32_t)(digit - base64_digits);
        bits += 6;
        if (bits >= 8) text[out++] = (char)(v >> (bits -= 8) & 255);
    }
    return (ssize_t)out;
}

/*
 * read(path, limit, encoding, owner?): the content as text ("utf8", throws EILSEQ), "base64" or its "sha256". With an owner
 * the file that was opened must be that user's.
 */
static JSValue js_read(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int64_t limit, owner = -1;
    if (JS_ToInt64(ctx, &limit, argv[1])) return JS_EXCEPTION;
    if (argc > 3 && JS_ToInt64(ctx, &owner, argv[3])) return JS_EXCEPTION;
    const char *encoding = JS_ToCString(ctx, argv[2]);
    if (encoding == NULL) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "read");
    JSValue value = JS_EXCEPTION;
    if (folder >= 0) {
        size_t length = 0;
        uint8_t *data = read_whole(folder, base, limit, owner, &length);
        if (data == NULL) {
            value = fail(ctx, "read", path, errno);
        } else if (!strcmp(encoding, "sha256")) {
            char hex[65];
            ubugi_sha256(data, length, hex);
            value = JS_NewString(ctx, hex);
        } else if (!strcmp(encoding, "base64")) {
            value = base64_encode(ctx, data, length);
        } else if (valid_utf8(data, length)) {
            value = JS_NewStringLen(ctx, (char *)data, length);
        } else {
            value = fail(ctx, "read", path, EILSEQ);
        }
        free(data);
        close(folder);
    }
    if (path != NULL) JS_FreeCString(ctx, path);
    JS_FreeCString(ctx, encoding);
    return value;
}

/* sha256(text): of its UTF-8 form. */
static JSValue js_sha256(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    size_t length;
    char hex[65];
    const char *text = JS_ToCStringLen(ctx, &length, argv[0]);
    if (text == NULL) return JS_EXCEPTION;
    ubugi_sha256((const uint8_t *)text, length, hex);
    JS_FreeCString(ctx, text);
    return JS_NewString(ctx, hex);
}

/* write(path, content, base64, mode, uid, gid, sync): a new file; an existing one is an error. */
static JSValue js_write(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int32_t mode;
    int64_t uid, gid;
    size_t length;
    if (JS_ToInt32(ctx, &mode, argv[3]) || JS_ToInt64(ctx, &uid, argv[4]) || JS_ToInt64(ctx, &gid, argv[5])) return JS_EXCEPTION;
    const char *text = JS_ToCStringLen(ctx, &length, argv[1]);
    if (text == NULL) return JS_EXCEPTION;
    char *data = malloc(length + 1);
    if (data == NULL) return JS_ThrowOutOfMemory(ctx);
    memcpy(data, text, length);
    JS_FreeCString(ctx, text);
    ssize_t size = JS_ToBool(ctx, argv[2]) ? base64_decode(data, length) : (ssize_t)length;
    int folder = open_folder(ctx, argv[0], &path, base, "write");
    if (folder < 0) {
        free(data);
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int error = size < 0 ? EINVAL : 0, created = 0, fd = -1;
    if (!error) {
        fd = openat(folder, base, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd < 0) error = errno;
        else created = 1;
    }
    for (ssize_t done = 0; !error && done < size;) {
        ssize_t n = write(fd, data + done, (size_t)(size - done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) error = errno;
        else done += n;
    }
    if (!error && fchown(fd, (uid_t)uid, (gid_t)gid) < 0) error = errno;
    if (!error && fchmod(fd, (mode_t)mode) < 0) error = errno;
    if (!error && JS_ToBool(ctx, argv[6]) && fsync(fd) < 0) error = errno;
    if (fd >= 0 && close(fd) < 0 && !error) error = errno;
    if (error && created) unlinkat(folder, base, 0);
    free(data);
    return finish(ctx, "write", path, folder, error ? -1 : 0, error);
}

/* setAttributes(path, mode, uid, gid): of a file or folder, never through a link. */
static JSValue js_set_attributes(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int32_t mode;
    int64_t uid, gid;
    if (JS_ToInt32(ctx, &mode, argv[1]) || JS_ToInt64(ctx, &uid, argv[2]) || JS_ToInt64(ctx, &gid, argv[3])) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "chmod");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int fd = openat(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), error = 0;
    if (fd < 0 || fchown(fd, (uid_t)uid, (gid_t)gid) < 0 || fchmod(fd, (mode_t)mode) < 0) error = errno;
    if (fd >= 0) close(fd);
    return finish(ctx, "chmod", path, folder, error ? -1 : 0, error);
}

/* mkdir(path, mode, uid, gid): a new folder; an existing one is an error. */
static JSValue js_mkdir(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int32_t mode;
    int64_t uid, gid;
    if (JS_ToInt32(ctx, &mode, argv[1]) || JS_ToInt64(ctx, &uid, argv[2]) || JS_ToInt64(ctx, &gid, argv[3])) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "mkdir");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int error = 0, fd = -1;
    if (mkdirat(folder, base, 0700) < 0) error = errno;
    else if ((fd = openat(folder, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0) error = errno;
    else if (fchown(fd, (uid_t)uid, (gid_t)gid) < 0 || fchmod(fd, (mode_t)mode) < 0) error = errno;
    if (fd >= 0) close(fd);
    return finish(ctx, "mkdir", path, folder, error ? -1 : 0, error);
}

/* rename(from, to) */
static JSValue js_rename(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1], to_base[NAME_MAX + 1];
    const char *path, *to;
    int folder = open_folder(ctx, argv[0], &path, base, "rename");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int to_folder = open_folder(ctx, argv[1], &to, to_base, "rename");
    if (to_folder < 0) {
        if (to != NULL) JS_FreeCString(ctx, to);
        close(folder);
        JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int result = renameat(folder, base, to_folder, to_base), error = errno;
    close(folder);
    JS_FreeCString(ctx, path);
    return finish(ctx, "rename", to, to_folder, result, error);
}

/* Opens a path to read its attributes, never through a link. Throws and returns -1 where it cannot. */
static int open_quietly(JSContext *ctx, JSValueConst value)
{
    char base[NAME_MAX + 1];
    const char *path;
    int folder = open_folder(ctx, value, &path, base, "open");
    int fd = folder < 0 ? -1 : openat(folder, base, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (folder >= 0 && fd < 0) fail(ctx, "open", path, errno);
    if (folder >= 0) close(folder);
    if (path != NULL) JS_FreeCString(ctx, path);
    return fd;
}

/* copyLabel(from, to): the SELinux label; nothing where there is none or the file system keeps none. */
static JSValue js_copy_label(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    static const char name[] = "security.selinux";
    char label[1024];
    int from = open_quietly(ctx, argv[0]);
    if (from < 0) return JS_EXCEPTION;
    ssize_t size = fgetxattr(from, name, label, sizeof label);
    close(from);
    if (size <= 0) return JS_UNDEFINED;
    int to = open_quietly(ctx, argv[1]);
    if (to < 0) return JS_EXCEPTION;
    int error = fsetxattr(to, name, label, (size_t)size, 0) < 0 && errno != ENOTSUP ? errno : 0;
    close(to);
    return error ? fail(ctx, "label", "a file", error) : JS_UNDEFINED;
}

enum { OP_UNLINK, OP_RMDIR, OP_SYNC_FOLDER, OP_SYNC_FILE_SYSTEM };

/* unlink(path), rmdir(path), syncFolder(path), syncFileSystem(path) */
static JSValue js_path_operation(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv, int magic)
{
    static const char *const names[] = {"unlink", "rmdir", "fsync", "syncfs"};
    char base[NAME_MAX + 1];
    const char *path;
    int folder = open_folder(ctx, argv[0], &path, base, names[magic]);
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        return JS_EXCEPTION;
    }
    int result;
    if (magic >= OP_SYNC_FOLDER) {
        int fd = openat(folder, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        result = fd < 0 ? -1 : magic == OP_SYNC_FOLDER ? fsync(fd) : syncfs(fd);
        int error = errno;
        if (fd >= 0) close(fd);
        errno = error;
    } else {
        result = unlinkat(folder, base, magic == OP_RMDIR ? AT_REMOVEDIR : 0);
    }
    return finish(ctx, names[magic], path, folder, result, errno);
}

/* symlink(path, target) */
static JSValue js_symlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path, *target = JS_ToCString(ctx, argv[1]);
    if (target == NULL) return JS_EXCEPTION;
    int folder = open_folder(ctx, argv[0], &path, base, "symlink");
    if (folder < 0) {
        if (path != NULL) JS_FreeCString(ctx, path);
        JS_FreeCString(ctx, target);
        return JS_EXCEPTION;
    }
    int result = symlinkat(target, folder, base), error = errno;
    JS_FreeCString(ctx, target);
    return finish(ctx, "symlink", path, folder, result, error);
}

/* readlink(path) */
static JSValue js_readlink(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1], target[PATH_MAX];
    const char *path;
    int folder = open_folder(ctx, argv[0], &path, base, "readlink");
    JSValue value = JS_EXCEPTION;
    if (folder >= 0) {
        ssize_t n = readlinkat(folder, base, target, sizeof target);
        value = n < 0 ? fail(ctx, "readlink", path, errno) : JS_NewStringLen(ctx, target, (size_t)n);
        close(folder);
    }
    if (path != NULL) JS_FreeCString(ctx, path);
    return value;
}

/* list(path): the names in a folder, unsorted. */
static JSValue js_list(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    char base[NAME_MAX + 1];
    const char *path;
    int folder = open_folder(ctx, argv[0], &path, base, "list");
    JSValue value = JS_EXCEPTION;
    if (folder >= 0) {
        int fd = openat(folder, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        DIR *list = fd < 0 ? NULL : fdopendir(fd);
        if (list == NULL) {
            value = fail(ctx, "list", path, errno);
            if (fd >= 0) close(fd);
        } else {
            uint32_t i = 0;
            value = JS_NewArray(ctx);
            for (struct dirent *entry; (entry = readdir(list)) != NULL;)
                if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
                    JS_DefinePropertyValueUint32(ctx, value, i++, JS_NewString(ctx, entry->d_name), JS_PROP_C_W_E);
            closedir(list);
        }
        close(folder);
    }
    if (path != NULL) JS_FreeCString(ctx, path);
    return value;
}

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

static char **string_list(JSContext *ctx, JSValueConst array)
{
    int64_t length = 0;
    JSValue count = JS_GetPropertyStr(ctx, array, "length");
    JS_ToInt64(ctx, &length, count);
    JS_FreeValue(ctx, count);
    char **list = calloc((size_t)length + 1, sizeof *list);
    for (uint32_t i = 0; list != NULL && i < length; i++) {
        JSValue item = JS_GetPropertyUint32(ctx, array, i);
        const char *text = JS_ToCString(ctx, item);
        list[i] = strdup(text == NULL ? "" : text);
        if (text != NULL) JS_FreeCString(ctx, text);
        JS_FreeValue(ctx, item);
    }
    return list;
}

static void free_list(char **list)
{
    for (char **item = list; list != NULL && *item != NULL; item++) free(*item);
    free(list);
}

#define MAX_PROCESSES 16

/* run([{ argv, environment, folder, timeoutMs }]): all at once, at most 16; [{ status, output, timedOut, durationMs }]. */
static JSValue js_run(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    struct ubugi_process list[MAX_PROCESSES] = {0};
    int64_t count = 0;
    JSValue length = JS_GetPropertyStr(ctx, argv[0], "length");
    JS_ToInt64(ctx, &count, length);
    JS_FreeValue(ctx, length);
    if (count > MAX_PROCESSES) return JS_ThrowRangeError(ctx, "at most %d processes at once", MAX_PROCESSES);
    const char *folders[MAX_PROCESSES] = {0};
    for (int i = 0; i < count; i++) {
        JSValue request = JS_GetPropertyUint32(ctx, argv[0], (uint32_t)i);
        JSValue arguments = JS_GetPropertyStr(ctx, request, "argv");
        JSValue environment = JS_GetPropertyStr(ctx, request, "environment");
        JSValue folder = JS_GetPropertyStr(ctx, request, "folder");
        JSValue timeout = JS_GetPropertyStr(ctx, request, "timeoutMs");
        list[i].argv = string_list(ctx, arguments);
        list[i].envp = string_list(ctx, environment);
        list[i].folder = folders[i] = JS_ToCString(ctx, folder);
        JS_ToInt64(ctx, &list[i].timeout_ms, timeout);
        JS_FreeValue(ctx, arguments);
        JS_FreeValue(ctx, environment);
        JS_FreeValue(ctx, folder);
        JS_FreeValue(ctx, timeout);
        JS_FreeValue(ctx, request);
        list[i].output = -1;
        if (list[i].argv == NULL || list[i].argv[0] == NULL || folders[i] == NULL || ubugi_start(&list[i]) < 0) {
            list[i].status = 126;
            list[i].done = 1;
        }
    }
    ubugi_wait_all(list, (int)count);
    JSValue results = JS_NewArray(ctx);
    for (int i = 0; i < count; i++) {
        struct ubugi_process *p = &list[i];
        JSValue result = JS_NewObject(ctx);
        set(ctx, result, "status", JS_NewInt32(ctx, p->status));
        set(ctx, result, "output", JS_NewStringLen(ctx, p->text == NULL ? "" : p->text, p->length));
        set(ctx, result, "durationMs", JS_NewInt64(ctx, p->took_ms));
        set(ctx, result, "timedOut", JS_NewBool(ctx, p->timed_out));
        JS_DefinePropertyValueUint32(ctx, results, (uint32_t)i, result, JS_PROP_C_W_E);
        free(p->text);
        free_list(p->argv);
        free_list(p->envp);
        if (folders[i] != NULL) JS_FreeCString(ctx, folders[i]);
    }
    return results;
}

/* endSessions(uid, timeoutMs): nothing of that user runs any more, nor what she started as somebody else. */
static JSValue js_end_sessions(JSContext *ctx, JSValueConst this, int argc, JSValueConst *argv)
{
    int64_t uid, timeout;
    if (JS_ToInt64(ctx, &uid, argv[0]) || JS_ToInt64(ctx, &timeout, argv[1])) return JS_EXCEPTION;
    if (uid <= 0 || uid >= 4294967294) return fail(ctx, "kill", "processes of a reserved user", EINVAL);
    if (ubugi_end_sessions((uid_t)uid, timeout) < 0) {
        char what[48];
        snprintf(what, sizeof what, "processes of user %u", (unsigned)uid);
        return fail(ctx, "end", what, errno);
    }
    return JS_UNDEFINED;
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

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("lstat", 1, js_lstat),
    JS_CFUNC_DEF("read", 3, js_read),
    JS_CFUNC_DEF("sha256", 1, js_sha256),
    JS_CFUNC_DEF("write", 7, js_write),
    JS_CFUNC_DEF("setAttributes", 4, js_set_attributes),
    JS_CFUNC_DEF("mkdir", 4, js_mkdir),
    JS_CFUNC_DEF("rename", 2, js_rename),
    JS_CFUNC_DEF("copyLabel", 2, js_copy_label),
    JS_CFUNC_MAGIC_DEF("unlink", 1, js_path_operation, OP_UNLINK),
    JS_CFUNC_MAGIC_DEF("rmdir", 1, js_path_operation, OP_RMDIR),
    JS_CFUNC_MAGIC_DEF("syncFolder", 1, js_path_operation, OP_SYNC_FOLDER),
    JS_CFUNC_MAGIC_DEF("syncFileSystem", 1, js_path_operation, OP_SYNC_FILE_SYSTEM),
    JS_CFUNC_DEF("symlink", 2, js_symlink),
    JS_CFUNC_DEF("readlink", 1, js_readlink),
    JS_CFUNC_DEF("list", 1, js_list),
    JS_CFUNC_DEF("lock", 2, js_lock),
    JS_CFUNC_DEF("send", 3, js_send),
    JS_CFUNC_DEF("run", 1, js_run),
    JS_CFUNC_DEF("endSessions", 2, js_end_sessions),
    JS_CFUNC_DEF("host", 0, js_host),
    JS_CFUNC_DEF("setHostname", 1, js_set_hostname),
    JS_CFUNC_DEF("monotonic", 0, js_monotonic),
    JS_CFUNC_DEF("print", 1, js_print),
    JS_CFUNC_DEF("exit", 1, js_exit),
};

static int init(JSContext *ctx, JSModuleDef *module)
{
    signal(SIGPIPE, SIG_IGN);
    umask(077);
    return JS_SetModuleExportList(ctx, module, functions, countof(functions));
}

/* Found by the C that qjsc writes (`-M native,native`). */
JSModuleDef *js_init_module_native(JSContext *ctx, const char *name)
{
    JSModuleDef *module = JS_NewCModule(ctx, name, init);
    if (module != NULL) JS_AddModuleExportList(ctx, module, functions, countof(functions));
    return module;
}
