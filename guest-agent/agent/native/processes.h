/* Running the guest's own tools: several at once, output bounded, killed at their deadline. */
#ifndef UBUGI_PROCESSES_H
#define UBUGI_PROCESSES_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define UBUGI_OUTPUT_LIMIT (1 << 20)

struct ubugi_process {
    char **argv, **envp;
    const char *folder;
    int64_t timeout_ms;
    pid_t pid;
    int output;
    char *text;
    size_t length;
    int status;
    int timed_out;
    int done;
    int64_t took_ms;
};

static int64_t ubugi_monotonic_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Starts one process in a session of its own, with /dev/null as input and one pipe for both outputs. */
static int ubugi_start(struct ubugi_process *p)
{
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0) return -1;
    p->pid = fork();
    if (p->pid < 0) {
        close(fds[0]);
        close(fds[1]);
        return -1;
    }
    if (p->pid == 0) {
        sigset_t none;
        setsid();
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        signal(SIGPIPE, SIG_DFL);
        int in = open("/dev/null", O_RDONLY);
        if (in < 0) in = open("/", O_RDONLY | O_DIRECTORY);
        if (in >= 0) dup2(in, 0);
        dup2(fds[1], 1);
        dup2(fds[1], 2);
        umask(022);
        if (chdir(p->folder) < 0) _exit(126);
        execve(p->argv[0], p->argv, p->envp);
        _exit(errno == ENOENT ? 127 : 126);
    }
    close(fds[1]);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    p->output = fds[0];
    return 0;
}

static void ubugi_read_output(struct ubugi_process *p)
{
    char buffer[8192];
    for (;;) {
        ssize_t n = read(p->output, buffer, sizeof buffer);
        if (n > 0) {
            size_t room = UBUGI_OUTPUT_LIMIT - p->length;
            size_t take = (size_t)n < room ? (size_t)n : room;
            char *more = realloc(p->text, p->length + take + 1);
            if (more == NULL) return;
            p->text = more;
            memcpy(p->text + p->length, buffer, take);
            p->length += take;
            p->text[p->length] = '\0';
            continue;
        }
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return;
        close(p->output);
        p->output = -1;
        return;
    }
}

/* Waits for all; a background child that keeps the pipe open does not hold us once the process itself has ended. */
static void ubugi_wait_all(struct ubugi_process *list, int count)
{
    int64_t begin = ubugi_monotonic_ms();
    int left = 0;
    for (int i = 0; i < count; i++) left += !list[i].done;
    while (left > 0) {
        struct pollfd fds[16];
        int used = 0;
        int64_t now = ubugi_monotonic_ms() - begin, wait = 1000;
        for (int i = 0; i < count; i++) {
            struct ubugi_process *p = &list[i];
            if (p->done) continue;
            int64_t remains = p->timeout_ms - now;
            if (remains <= 0 && !p->timed_out) {
                p->timed_out = 1;
                kill(-p->pid, SIGKILL);
                kill(p->pid, SIGKILL);
            }
            if (!p->timed_out && remains < wait) wait = remains;
            if (p->output >= 0) {
                fds[used].fd = p->output;
                fds[used].events = POLLIN;
                used++;
            }
        }
        int open_pipes = used;
        /* Closed output comes a moment before the exit: look again soon instead of after the deadline. */
        if (open_pipes < left || wait > 20) wait = open_pipes < left ? 1 : wait > 20 ? 20 : wait;
        poll(fds, (nfds_t)used, (int)wait);
        for (int i = 0; i < count; i++) {
            struct ubugi_process *p = &list[i];
            if (p->done) continue;
            if (p->output >= 0) ubugi_read_output(p);
            int status;
            pid_t got = waitpid(p->pid, &status, WNOHANG);
            if (got == p->pid || (got < 0 && errno == ECHILD)) {
                if (p->output >= 0) ubugi_read_output(p);
                if (p->output >= 0) close(p->output);
                p->output = -1;
                p->status = got < 0 ? 126 : WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
                p->done = 1;
                p->took_ms = ubugi_monotonic_ms() - begin;
                left--;
            }
        }
    }
}

#endif
