#include "agree.h"
#include "clock.h"
#include "die.h"
#include "options.h"
#include "payload.h"
#include "rooms.h"

#include <string.h>
#include <unistd.h>

/* Stages say how many connections and for how long; -c and -d then say nothing. */
static void settle_stages(struct flags *f)
{
    int64_t whole = 0;
    int most = 1;

    if (f->stage_count == 0) {
        f->connections = f->connections ? f->connections : 1;
        return;
    }
    if (f->connections || f->duration >= 0)
        die("--stage says how many connections for how long: leave out -c and -d");
    for (int i = 0; i < f->stage_count; i++) {
        whole += f->stages[i].duration;
        most = f->stages[i].connections > most ? f->stages[i].connections : most;
    }
    f->duration = whole;
    f->connections = most;
}

static void settle_times(struct flags *f)
{
    if (f->duration < 0)
        f->duration = f->messages < UINT64_MAX ? NEVER : 10000 * MS;
    if (f->drain < 0)
        f->drain = f->timeout;
}

static void check_protocol(const struct flags *f)
{
    if (f->size_least == 0 && f->mode == MODE_RAW)
        die("--size 0 sends nothing over tcp://: use 1 or more");
    if (f->credential && f->mode == MODE_RAW)
        die("--token is for ws:// and http://: tcp:// has no request that it goes with");
    if (f->subprotocol && (f->mode == MODE_RAW || f->mode == MODE_HTTP))
        die("--subprotocol is for ws://");
    if (f->subprotocol && !options_token(f->subprotocol))
        die("--subprotocol takes one name, as chat, not \"%s\"", f->subprotocol);
}

/* Which connections share a room, and whether messages can be told apart there. */
static void settle_rooms(struct flags *f)
{
    char path[URL_PATH];

    f->numbered = f->rooms > 0;
    if (f->mode != MODE_RELAY && f->numbered)
        die("--rooms is for ws://, and not for ws://.../job/: elsewhere nobody shares "
            "messages");
    if (f->room_path && !f->numbered)
        die("--room-path says where the rooms of --rooms are: add that");
    if (f->mode != MODE_RELAY)
        f->rooms = f->connections;
    else if (!f->numbered)
        f->rooms = 1;
    if (f->rooms > f->connections)
        die("--rooms %d leaves rooms empty: there are %d connections, see -c", f->rooms,
            f->connections);
    if (!path_of(f, f->rooms - 1, path))
        die("the URL's path is too long to number its rooms");
    if (f->size_least < STAMP && f->mode == MODE_RELAY && f->rooms < f->connections)
        die("--size %zu is too small to tell whose message it is when a room is shared: "
            "use --size %d, or --rooms %d", f->size_least, STAMP, f->connections);
}

static void settle_senders(struct flags *f)
{
    int largest = (f->connections + f->rooms - 1) / f->rooms;

    if (f->senders == 0)
        f->senders = largest;
    if (f->senders > largest)
        die("--senders %d: the largest room has %d members", f->senders, largest);
    if ((double)f->senders * f->rooms * f->burst * (double)(f->size + 14) > 1e9)
        die("more than 1 GB would be under way at once: lower --burst, --size or -c");
}

static void check_times(const struct flags *f)
{
    if (f->duration == 0)
        die("-d 0 measures nothing");
    if (f->timeout == 0)
        die("--timeout 0 gives the server no time at all");
}

static void check_loop(const struct flags *f)
{
    if (f->open_loop && f->burst > 1)
        die("--burst is for a closed loop: leave out --rate");
    if (f->open_loop && f->think)
        die("--think is for a closed loop: with --rate nobody waits for an answer");
    if (f->poisson && !f->open_loop)
        die("--arrival says how an open loop sends: add --rate");
    if (f->seeded && !f->poisson)
        die("--seed says which random arrivals: add --arrival poisson");
    if (f->rate != f->rate_to && f->duration == NEVER)
        die("--rate A:B goes from A to B during -d: add it");
    if (f->mode == MODE_HTTP && f->burst > 1)
        die("--burst is not for http://: a request waits for the answer before it");
    if (f->size_least < f->size && (f->mode == MODE_RAW || f->mode == MODE_HTTP))
        die("--size A-B is for ws://: elsewhere %s", f->mode == MODE_RAW
            ? "only a fixed size tells where a message ends" : "nothing is sent");
    if (f->mode == MODE_RAW && f->churn)
        die("--churn is for ws:// and http://");
}

static void check_patience(const struct flags *f)
{
    if (f->mode != MODE_HTTP && (f->patience != NEVER || f->retries))
        die("--patience and --retries are for http://: elsewhere messages share a "
            "connection, and to give up one would end the others");
    if (f->patience == 0)
        die("--patience 0 waits for nothing");
    if (f->patience != NEVER && f->patience > f->timeout)
        die("--patience %g is longer than --timeout %g, which ends the run: raise that",
            (double)f->patience / 1e9, (double)f->timeout / 1e9);
    if (f->retry_after && !f->retries)
        die("--retry-after says when to ask again: add --retries");
    if (f->max_given_up && f->patience == NEVER)
        die("--max-given-up says how many may be given up: add --patience");
}

static void check_threads(const struct flags *f)
{
    if (f->threads > f->rooms)
        die("--threads %d: %s; there are %d", f->threads, f->mode == MODE_RELAY
            ? "a room is one thread's, so --rooms has to be as large"
            : "a connection is one thread's, so -c has to be as large", f->rooms);
}

static void check_outputs(const struct flags *f)
{
    const char *const names[] = { f->json, f->csv, f->hdr, f->timeline };

    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            if (names[i] && names[j] && strcmp(names[i], names[j]) == 0)
                die("only one of --json, --csv, --hdr and --timeline can be %s",
                    strcmp(names[i], "-") == 0 ? "stdout" : names[i]);
}

/* Without --seed no two runs are alike: what one sees by chance, the next does not. */
static uint64_t drawn_seed(void)
{
    uint32_t seed;

    if (getentropy(&seed, sizeof seed) != 0)
        die("the kernel has no random numbers: give a --seed");
    return seed;
}

void agree(struct flags *f)
{
    settle_stages(f);
    settle_times(f);
    check_protocol(f);
    settle_rooms(f);
    settle_senders(f);
    check_times(f);
    check_loop(f);
    check_patience(f);
    check_threads(f);
    check_outputs(f);
    if (f->poisson && !f->seeded)
        f->seed = drawn_seed();
}
