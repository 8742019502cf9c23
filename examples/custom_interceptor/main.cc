// How do I see, and change, every record that my producer sends?
//
//   custom_interceptor localhost:9092 TOPIC
//
// Tags each record with where it came from, and counts what became of all of them.
#include <ottla/ottla.h>

#include <atomic>
#include <cstdint>
#include <iostream>
#include <memory>

namespace {

class CountAndTag final : public ottla::ProducerInterceptor {
 public:
  // On the thread that sends.
  void on_send(ottla::MutableRecord& record) override { record.add_header("origin", "checkout"); }

  // On the callback thread, once for each record.
  void on_acknowledgement(const ottla::Result<ottla::RecordMetadata>& result,
                          const ottla::Headers&) override {
    ++(result ? delivered_ : failed_);
  }

  std::uint64_t delivered() const { return delivered_; }
  std::uint64_t failed() const { return failed_; }

 private:
  std::atomic<std::uint64_t> delivered_{0};
  std::atomic<std::uint64_t> failed_{0};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: custom_interceptor BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  const auto counts = std::make_shared<CountAndTag>();
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1], .interceptors = {counts}});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  for (int i = 0; i < 100; ++i) {
    producer->send({.topic = argv[2], .value = "an order"}).forget();
  }
  // Its callbacks and interceptors have run when flush is done.
  const auto flushed = producer->flush().get();
  if (!flushed) std::cerr << flushed.error() << '\n';
  std::cout << counts->delivered() << " delivered, " << counts->failed() << " failed\n";
  return flushed ? 0 : 1;
}
