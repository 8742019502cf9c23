#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "ottla/admin.h"
#include "tests/integration/child_process.h"
#include "tests/integration/killed_broker.h"

namespace ottla::integration {
namespace {

// Kills in the test run, or what the environment says: OTTLA_TRIAL_KILLS.
int kills_wanted() {
  const char* text = std::getenv("OTTLA_TRIAL_KILLS");
  return text == nullptr ? 20 : std::atoi(text);
}

// Our broker and the processes of one trial, all of which are killed and started again.
class Trial {
 public:
  Trial() {
    auto admin = Admin::open({.bootstrap_servers = broker_.address()}).value();
    EXPECT_TRUE(admin
                    .create_topics({{.name = "accounts", .partitions = 3},
                                    {.name = "copies", .partitions = 3}})
                    .get());
    // Two banks have one transactional id, and fence each other.
    for (const auto& [what, id] :
         std::vector<std::pair<std::string, std::string>>{{"bank", "bank-0"},
                                                          {"bank", "bank-1"},
                                                          {"bank", "bank-1"},
                                                          {"copy", "copy-0"},
                                                          {"copy", "copy-1"},
                                                          {"copy", "copy-2"}}) {
      clients_.push_back({what, id, nullptr});
      start(clients_.back());
    }
  }

  void kill_something() {
    auto& witness = clients_[random_() % clients_.size()];
    // Any moment will do, as long as there is progress between two kills.
    for (auto left = 1 + random_() % 30; left > 0; --left) wait_for_commit(witness);
    if (random_() % 3 == 0) {
      broker_.kill();
      ASSERT_FALSE(broker_.address().empty());
    } else {
      auto& victim = clients_[random_() % clients_.size()];
      victim.process->signal(SIGKILL);
      victim.process->wait();
      start(victim);
    }
  }

  void finish() {
    // One that has just begun might not know yet what SIGTERM is to do.
    for (auto& client : clients_) wait_for_commit(client);
    for (auto& client : clients_) {
      if (client.what == "bank") end(client, SIGTERM);
    }
    EXPECT_EQ(run({"settle", "--bootstrap", broker_.address()}), 0);
    end(clients_[3], SIGTERM);
    end(clients_[4], SIGTERM);
    end(clients_[5], SIGUSR1);
    histories_.push_back(data_.path() + "/audit");
    EXPECT_EQ(run({"audit", "--bootstrap", broker_.address(), "--history", histories_.back()}), 0);
    std::vector<std::string> check{"check"};
    check.insert(check.end(), histories_.begin(), histories_.end());
    EXPECT_EQ(run(check), 0);
  }

 private:
  struct Client {
    std::string what;
    std::string id;
    std::unique_ptr<ChildProcess> process;
  };

  void start(Client& client) {
    histories_.push_back(data_.path() + "/history-" + std::to_string(histories_.size()));
    const auto first_value = std::to_string(histories_.size() * 1'000'000'000);
    client.process = std::make_unique<ChildProcess>(std::vector<std::string>{
        OTTLA_BIN "/ottla-trial", client.what, "--bootstrap", broker_.address(), "--history",
        histories_.back(), "--id", client.id, "--first-value", first_value});
  }

  // One that is fenced ends, and another takes its place.
  void wait_for_commit(Client& client) {
    while (client.process->read_line().empty()) {
      const int code = client.process->wait();
      ASSERT_EQ(code, 3) << client.id << ": " << client.process->stderr_text();
      start(client);
    }
  }

  static void end(Client& client, int signal) {
    client.process->signal(signal);
    while (!client.process->read_line().empty()) {
    }
    const int code = client.process->wait();
    EXPECT_TRUE(code == 0 || code == 3) << client.process->stderr_text();
  }

  static int run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), OTTLA_BIN "/ottla-trial");
    ChildProcess process(arguments);
    std::string line;
    while (!(line = process.read_line()).empty()) std::cout << line << '\n';
    const int code = process.wait();
    if (code != 0) std::cout << process.stderr_text();
    return code;
  }

  const TemporaryDirectory data_;
  KilledBroker broker_{{"transaction.abort.timed.out.transaction.cleanup.interval.ms=500",
                        "group.min.session.timeout.ms=1000"}};
  std::vector<Client> clients_;
  std::vector<std::string> histories_;
  std::mt19937_64 random_{std::random_device()()};
};

TEST(TransactionTrial, has_no_anomalies_through_kills_of_clients_and_broker) {
  Trial trial;
  for (int i = 0; i < kills_wanted() && !::testing::Test::HasFailure(); ++i) trial.kill_something();
  trial.finish();
}

}  // namespace
}  // namespace ottla::integration
