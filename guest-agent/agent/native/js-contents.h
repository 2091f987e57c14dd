/* What is in files: read, written and hashed. */
#ifndef UBUGI_JS_CONTENTS_H
#define UBUGI_JS_CONTENTS_H

#include "js-text.h"
#include "js-values.h"
#include "sha256.h"

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

#endif
