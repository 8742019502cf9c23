// How do I test my application? With a broker inside the test: no container, no port to choose, and
// what hardly ever happens happens when the test says so. Any test framework will do; here a check
// that fails ends the program.
#include <ottla/embedded_broker.h>
#include <ottla/ottla.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

namespace {

using namespace std::chrono_literals;

// ---- The application: keeps orders, and tells who has to ship them.

class Shop {
 public:
  explicit Shop(const std::string& brokers)
      : producer_(ottla::Producer::open({.bootstrap_servers = brokers}).value()) {}

  // An order that was taken is never lost and never doubled.
  ottla::Result<void> take(std::string_view order) {
    const auto sent = producer_.send({.topic = "orders", .key = order, .value = order}).get();
    if (!sent) return sent.error();
    return {};
  }

 private:
  ottla::Producer producer_;
};

class Packer {
 public:
  explicit Packer(const std::string& brokers)
      : consumer_(ottla::Consumer::open({.bootstrap_servers = brokers,
                                         .group_id = "packers",
                                         .topics = {"orders"},
                                         .auto_offset_reset = ottla::AutoOffsetReset::earliest})
                      .value()) {}

  // The next order; empty if none comes.
  std::string next() {
    const auto batch = consumer_.poll(30s).value();
    if (batch.empty()) return {};
    consumer_.commit(batch).get().value();
    return std::string(batch[batch.size() - 1].value());
  }

 private:
  ottla::Consumer consumer_;
};

// ---- The tests

void check(bool condition, const std::string& what) {
  if (condition) return;
  std::cerr << "failed: " << what << '\n';
  std::exit(1);
}

ottla::EmbeddedBroker start() {
  return ottla::EmbeddedBroker::start({.topics = {{.name = "orders"}}}).value();
}

// The broker stores the order, and the connection breaks before it can say so.
void an_order_is_not_doubled_when_the_answer_is_lost() {
  auto broker = start();
  Shop shop(broker.address());
  broker.drop_connection_next({ottla::ApiKey::produce, "orders"});
  check(shop.take("book").has_value(), "the order is taken");
  check(broker.await_faults(0s).has_value(), "the connection did break");
  check(broker.records("orders")->size() == 1, "the order is there once");
}

// Nobody may write there: trying again does not help, and the shop has to say so.
void an_order_that_cannot_be_kept_is_refused() {
  auto broker = start();
  Shop shop(broker.address());
  broker.fail_next(ottla::ApiKey::produce, ottla::ErrorCode::topic_authorization_failed);
  const auto taken = shop.take("book");
  check(!taken && taken.error().fatal(), "the order is refused");
  check(broker.records("orders")->empty(), "nothing is kept");
}

// A packer that hangs for longer than its session: its work goes to whoever asks next. The test
// does not wait three quarters of a minute for that.
void the_work_of_a_packer_that_hangs_goes_to_another() {
  auto broker = start();
  Shop shop(broker.address());
  check(shop.take("book").has_value(), "the order is taken");
  Packer hangs(broker.address());
  check(hangs.next() == "book", "the first packer works");
  check(broker.groups()->at(0).offsets.at({"orders", 0}).offset == 1, "it has committed");
  broker.advance(46s).value();
  check(broker.groups()->at(0).members.empty(), "it is taken for dead");
  check(shop.take("lamp").has_value(), "another order is taken");
  Packer other(broker.address());
  check(other.next() == "lamp", "another packer goes on where it was");
}

// Orders are kept for a week.
void old_orders_are_gone() {
  auto broker = start();
  Shop shop(broker.address());
  check(shop.take("book").has_value(), "the order is taken");
  broker.advance(24h * 6).value();
  check(broker.records("orders")->size() == 1, "after six days it is there");
  broker.advance(24h * 2).value();
  check(broker.records("orders")->empty(), "after eight it is not");
}

}  // namespace

int main() {
  an_order_is_not_doubled_when_the_answer_is_lost();
  an_order_that_cannot_be_kept_is_refused();
  the_work_of_a_packer_that_hangs_goes_to_another();
  old_orders_are_gone();
  std::cout << "4 tests passed\n";
  return 0;
}
