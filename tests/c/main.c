/* Runs the test whose name it is given. */
#include "tests/c/check.h"

typedef struct test {
  const char* name;
  void (*run)(void);
} test;

#define TESTS(X)                                               \
  X(success_and_nothing_can_be_asked_anything)                 \
  X(a_null_is_an_error_that_says_which)                        \
  X(a_wrong_setting_is_named)                                  \
  X(a_record_that_makes_no_sense_is_not_taken)                 \
  X(a_struct_of_a_newer_program_is_read_as_far_as_it_is_known) \
  X(what_is_closed_says_so)                                    \
  X(a_record_comes_back_as_it_was_sent)                        \
  X(a_delivery_says_what_went_wrong)                           \
  X(a_group_goes_on_where_it_has_committed)                    \
  X(a_transaction_is_seen_whole_or_not_at_all)                 \
  X(threads_share_a_client_and_clients_share_threads)          \
  X(topics_are_made_described_and_deleted)                     \
  X(topics_are_enlarged_set_and_emptied)                       \
  X(groups_are_listed_and_described)                           \
  X(groups_are_moved_and_deleted)                              \
  X(reading_is_paused_and_moved)                               \
  X(tokens_come_from_a_function)                               \
  X(time_moves_and_faults_are_counted)

#define DECLARE(name) void name(void);
TESTS(DECLARE)

#define ROW(name) {#name, name},
static const test tests[] = {TESTS(ROW)};

int main(int argc, char** argv) {
  size_t i;
  int ran = 0;
  for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
    if (argc > 1 && strcmp(argv[1], tests[i].name) != 0) continue;
    tests[i].run();
    ran++;
  }
  if (ran == 0) fprintf(stderr, "there is no such test\n");
  return ran > 0 && failures == 0 ? 0 : 1;
}
