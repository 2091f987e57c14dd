/* Opening the folder of a path without following a link that anyone but root could have placed. */
#ifndef UBUGI_PATHS_H
#define UBUGI_PATHS_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UBUGI_MAX_LINKS 16

/* A link is trusted where only root could have made it: it and its folder are root's, and nobody else may write there. */
static int ubugi_trusted_link(int folder, const struct stat *link)
{
    struct stat st;
    if (fstat(folder, &st) < 0) return -1;
    if (link->st_uid != 0 || st.st_uid != 0 || (st.st_mode & 022)) {
        errno = ELOOP;
        return -1;
    }
    return 0;
}

/*
 * Opens (O_PATH) the folder that holds the last component of an absolute path and copies that component to `base`
 * (NAME_MAX + 1 bytes; "." for the root itself). Returns the descriptor or -1 with errno.
 */
static int ubugi_open_parent(const char *path, char *base)
{
    char rest[PATH_MAX * 2], target[PATH_MAX];
    int links = 0;
    if (path[0] != '/' || strlen(path) >= PATH_MAX) {
        errno = path[0] == '/' ? ENAMETOOLONG : EINVAL;
        return -1;
    }
    strcpy(rest, path);
    int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    char *at = rest;
    for (;;) {
        while (*at == '/') at++;
        char *end = strchrnul(at, '/');
        size_t length = (size_t)(end - at);
        char *next = end;
        while (*next == '/') next++;
        if (length > NAME_MAX) {
            errno = ENAMETOOLONG;
            goto fail;
        }
        memcpy(base, length ? at : ".", length ? length : 1);
        base[length ? length : 1] = '\0';
        if (*next == '\0') return folder;
        int fd = openat(folder, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0) goto fail;
        struct stat st;
        if (fstat(fd, &st) < 0) {
            close(fd);
            goto fail;
        }
        if (S_ISLNK(st.st_mode)) {
            ssize_t n = readlinkat(fd, "", target, sizeof target - 1);
            close(fd);
            if (n < 0 || ubugi_trusted_link(folder, &st) < 0) goto fail;
            target[n] = '\0';
            if (++links > UBUGI_MAX_LINKS || (size_t)n + strlen(next) + 2 > PATH_MAX) {
                errno = ELOOP;
                goto fail;
            }
            char joined[PATH_MAX];
            strcpy(joined, target);
            strcat(joined, "/");
            strcat(joined, next);
            strcpy(rest, joined);
            at = rest;
            if (target[0] == '/') {
                close(folder);
                folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                if (folder < 0) return -1;
            }
            continue;
        }
        if (!S_ISDIR(st.st_mode)) {
            close(fd);
            errno = ENOTDIR;
            goto fail;
        }
        close(folder);
        folder = fd;
        at = next;
    }
fail: {
    int saved = errno;
    close(folder);
    errno = saved;
    return -1;
}
}

#endif
