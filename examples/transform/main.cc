// How do I read, transform and write so that every record counts exactly once, whatever crashes?
//
//   transform localhost:9092 greetings shouts [TRANSACTIONAL_ID] [stop after so many records]
#include <ottla/ottla.h>

#include <algorithm>
#include <cctype>
#include <iostream>
#include <stop_token>
#include <string>

namespace {

std::string shout(std::string_view text) {
  std::string loud(text);
  std::transform(loud.begin(), loud.end(), loud.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return loud;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  // One name for each process that runs at the same time; the same one after a restart.
  auto session = ottla::TransactSession::open({
      .bootstrap_servers = argv[1],
      .group_id = "shouters",
      .transactional_id = argc > 4 ? argv[4] : "shouter-1",
      .topics = {argv[2]},
      .auto_offset_reset = ottla::AutoOffsetReset::earliest,
  });
  if (!session) {
    std::cerr << session.error() << '\n';
    return 1;
  }
  const std::size_t wanted = argc > 5 ? std::stoul(argv[5]) : SIZE_MAX;
  const std::stop_source stop;
  for (std::size_t done = 0; done < wanted;) {
    auto batch = session->poll(stop.get_token());
    if (!batch) {
      std::cerr << batch.error() << '\n';
      return 1;
    }
    auto transaction = session->begin(*batch);
    for (const auto& record : *batch) {
      // The first failure is what commit answers.
      (void)transaction.send(
          {.topic = argv[3], .key = record.key(), .value = shout(record.value())});
    }
    if (auto end = transaction.commit(); end) {
      done += batch->size();
    } else if (end.error().fatal()) {
      std::cerr << end.error() << '\n';
      return 1;
    }  // otherwise all is as before, and the next poll reads the same records again
  }
  std::cout << "every record was shouted once\n";
}
