#include "staff.h"
#include "clock.h"
#include "net.h"
#include "ws.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

const struct options *bounded(void)
{
    static struct options o;

    options_default(&o);
    o.max_output = BOUND;
    return &o;
}

/* ---- in the child ---- */

static void send_letter(struct child *c, char text)
{
    static const char big[BIG - 4];     /* and a header of four */
    struct frame *f = text == 'B' ? ws_frame(WS_BINARY, big, sizeof big)
                                  : ws_frame(WS_TEXT, &text, 1);

    post_send(c->post, f);
    frame_unref(f);
}

/* Takes the mail as long as some comes, and says it to a client who reads it at once. */
static void take_mail(struct child *c, int ms)
{
    struct pollfd p = { .fd = post_fd(c->post), .events = POLLIN };

    utstring_clear(&c->line.out);
    line_run(&c->line);         /* what came with the office's answer is with the peer */
    while (poll(&p, 1, ms) == 1 && post_take(c->post, c->line.peer))
        line_run(&c->line);
}

/* How many big letters have come, or 255 if the client was closed for reading slowly. */
static unsigned char count_big(const struct child *c)
{
    static const char closed[] = "\x88\x14\x03\xF5reading too slowly";
    const char *out = utstring_body(&c->line.out);
    size_t size = utstring_len(&c->line.out), tail = sizeof closed - 1;

    if (size >= tail && memcmp(out + size - tail, closed, tail) == 0)
        return 255;
    return (unsigned char)(size / BIG);
}

static void obey(struct child *c, char order)
{
    unsigned char answer = 0;

    switch (order) {
    case 'x': case 'y': post_join(c->post, (char[]){ order, '\0' }); break;
    case '-': post_leave(c->post); break;
    case '?': take_mail(c, 50); answer = (unsigned char)utstring_len(&c->line.out); break;
    case '#': take_mail(c, 300); answer = count_big(c); break;
    case 'd': signal(SIGTERM, SIG_IGN); break;
    default:  send_letter(c, order); break;
    }
    const char *text = utstring_body(&c->line.out);
    if (write(c->answers, &answer, 1) != 1
        || (order == '?' && write(c->answers, text, answer) != answer))
        _exit(1);
}

static void live(struct child *c)
{
    sigset_t none;
    char order;

    sigemptyset(&none);         /* it may have been born with signals held back */
    sigprocmask(SIG_SETMASK, &none, NULL);
    line_upgrade(&c->line, bounded(), UPGRADE("/relay/x"));
    post_attend(c->post, c->line.peer, -1, -1);
    while (read(c->orders, &order, 1) == 1)
        obey(c, order);
    line_close(&c->line);
    post_close(c->post);
    _exit(0);
}

/* ---- in the office ---- */

struct office *office;
pid_t told;
bool watching = true;

int kill(pid_t pid, int sig)
{
    told = pid;
    return (int)syscall(SYS_kill, pid, sig);
}

int epoll_ctl(int epoll, int how, int fd, struct epoll_event *e)
{
    errno = ENOSPC;
    return how == EPOLL_CTL_ADD && !watching
               ? -1 : (int)syscall(SYS_epoll_ctl, epoll, how, fd, e);
}

int open_office(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    office = office_open(bounded());
    return 0;
}

int restore_signals(void **state)
{
    (void)state;
    if (office)
        office_close(office);   /* the test has failed, or would have closed it */
    office = NULL;
    signal(SIGCHLD, SIG_DFL);
    return 0;
}

void hire(struct child *c)
{
    int to[2], from[2];

    assert_int_equal(pipe(to), 0);
    assert_int_equal(pipe(from), 0);
    *c = (struct child){ .orders = to[0], .answers = from[1] };
    c->pid = office_fork(office, &c->post);
    assert_int_not_equal(c->pid, -1);
    if (c->pid == 0) {
        close(to[1]);
        close(from[0]);
        live(c);
    }
    close(to[0]);
    close(from[1]);
    c->orders = to[1];
    c->answers = from[0];
}

void dismiss(struct child *c)
{
    close(c->orders);
    close(c->answers);
}

bool await(int fd, bool serving)
{
    int64_t until = clock_now() + PATIENCE * MS;

    while (clock_now() < until) {
        struct pollfd set[] = { net_poll(fd, POLLIN),
                                net_poll(serving ? office_fd(office) : -1, POLLIN) };

        net_wait(set, 2, until);
        if (set[0].revents)
            return true;
        if (set[1].revents)
            office_serve(office);
    }
    return false;
}

static bool busy(void)
{
    struct pollfd set = net_poll(office_fd(office), POLLIN);

    return net_wait(&set, 1, 0);
}

void order(struct child *c, char what)
{
    assert_int_equal(write(c->orders, &what, 1), 1);
}

const char *answer(struct child *c, bool serving)
{
    static char text[100];
    unsigned char size, head[2];

    check(await(c->answers, serving), "no answer");
    assert_int_equal(read(c->answers, &size, 1), 1);
    while (serving && busy())   /* what it has sent is on its way before we go on */
        office_serve(office);
    memset(text, 0, sizeof text);
    for (int i = 0; i < size / 3; i++) {
        assert_int_equal(read(c->answers, head, 2), 2);
        assert_memory_equal(head, "\x81\1", 2);
        assert_int_equal(read(c->answers, &text[i], 1), 1);
    }
    return text;
}

const char *tell(struct child *c, const char *orders)
{
    const char *text = "";

    for (; *orders; orders++) {
        order(c, *orders);
        text = answer(c, true);
    }
    return text;
}

int ask_number(struct child *c)
{
    unsigned char number;

    order(c, '#');
    check(await(c->answers, true), "no answer");
    assert_int_equal(read(c->answers, &number, 1), 1);
    return number;
}

void close_office(void)
{
    office_close(office);
    office = NULL;
}
