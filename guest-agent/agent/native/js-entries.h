/* Entries of folders: their attributes, and what makes, moves and removes them. */
#ifndef UBUGI_JS_ENTRIES_H
#define UBUGI_JS_ENTRIES_H

#include <dirent.h>
#include <stdio.h>
#include <sys/xattr.h>

#include "js-values.h"

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

#endif
