/* What functions of the module share: failures, path arguments and results. */
#ifndef UBUGI_JS_VALUES_H
#define UBUGI_JS_VALUES_H

#include "paths.h"
#include "quickjs-libc.h"

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

#endif
