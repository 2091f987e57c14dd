/* Ending all that a user runs: what has the user's id, and what has another one by sudo in a session of hers. */
#ifndef UBUGI_SESSIONS_H
#define UBUGI_SESSIONS_H

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "processes.h"

#define UBUGI_MAX_SESSIONS 256

/* Of a process: its session and its state letter, from /proc/PID/stat; 0 or -1. */
static int ubugi_session_of(const char *pid, pid_t *session, char *state)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%.20s/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return -1;
    text[n] = '\0';
    /* The name, in parentheses, may hold anything. */
    char *end = strrchr(text, ')');
    return end != NULL && sscanf(end + 1, " %c %*d %*d %d", state, session) == 2 ? 0 : -1;
}

/* Whether any of the four user ids of a process is that one, from /proc/PID/status. */
static int ubugi_is_of(const char *pid, uid_t uid)
{
    char path[64], text[2048];
    snprintf(path, sizeof path, "/proc/%.20s/status", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = '\0';
    unsigned ids[4];
    char *line = strstr(text, "\nUid:");
    if (line == NULL || sscanf(line + 5, "%u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4) return 0;
    for (int i = 0; i < 4; i++)
        if (ids[i] == uid) return 1;
    return 0;
}

/* SIGKILL to every process of a user, at once and without racing its forks (kill(2), pid -1). */
static int ubugi_kill_user(uid_t uid)
{
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        if (setgroups(0, NULL) < 0 || setresuid(uid, uid, uid) < 0) _exit(1);
        kill(-1, SIGKILL);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return 0;
}

/* All that logind has put into the slice of the user, sudo's processes too (cgroup v2, Linux 5.14), unless we are in it. */
static void ubugi_kill_slice(uid_t uid)
{
    char slice[64], path[128], own[1024];
    snprintf(slice, sizeof slice, "/user.slice/user-%u.slice", (unsigned)uid);
    int fd = open("/proc/self/cgroup", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, own, sizeof own - 1);
    if (fd >= 0) close(fd);
    if (n < 0) return;
    own[n] = '\0';
    if (strstr(own, slice) != NULL) return;
    snprintf(path, sizeof path, "/sys/fs/cgroup%s/cgroup.kill", slice);
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, "1", 1) < 0) { /* The slice went away meanwhile. */ }
    close(fd);
}

/* One look at all processes: how many live ones the user has; remembers sessions that a process of the user leads. */
static int ubugi_survey(uid_t uid, pid_t sessions[], int *count)
{
    int alive = 0;
    DIR *list = opendir("/proc");
    if (list == NULL) return 0;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        pid_t session;
        char state;
        if (!isdigit((unsigned char)entry->d_name[0]) || !ubugi_is_of(entry->d_name, uid)) continue;
        if (ubugi_session_of(entry->d_name, &session, &state) < 0 || state == 'Z' || state == 'X') continue;
        alive++;
        if (session == (pid_t)atol(entry->d_name) && session != getsid(0) && *count < UBUGI_MAX_SESSIONS)
            sessions[(*count)++] = session;
    }
    closedir(list);
    return alive;
}

/* Kills what is left in those sessions, whoever it runs as. */
static void ubugi_kill_sessions(const pid_t sessions[], int count)
{
    DIR *list = count > 0 ? opendir("/proc") : NULL;
    if (list == NULL) return;
    for (struct dirent *entry; (entry = readdir(list)) != NULL;) {
        pid_t session;
        char state;
        if (!isdigit((unsigned char)entry->d_name[0])) continue;
        if (ubugi_session_of(entry->d_name, &session, &state) < 0) continue;
        for (int i = 0; i < count; i++)
            if (sessions[i] == session) kill((pid_t)atol(entry->d_name), SIGKILL);
    }
    closedir(list);
}

/* Again and again until nothing of the user is left; -1 with ETIMEDOUT if something stays. */
static int ubugi_end_sessions(uid_t uid, int64_t timeout_ms)
{
    int64_t begin = ubugi_monotonic_ms();
    for (;;) {
        pid_t sessions[UBUGI_MAX_SESSIONS];
        int count = 0;
        int alive = ubugi_survey(uid, sessions, &count);
        ubugi_kill_slice(uid);
        if (ubugi_kill_user(uid) < 0) return -1;
        ubugi_kill_sessions(sessions, count);
        if (alive == 0) return 0;
        if (ubugi_monotonic_ms() - begin > timeout_ms) {
            errno = ETIMEDOUT;
            return -1;
        }
        poll(NULL, 0, 10);
    }
}

#endif
