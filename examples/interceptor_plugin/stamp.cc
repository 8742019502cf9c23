// How do I extend a program that is built already, `ottla` for one, by an interceptor of mine?
//
//   cmake -B build && cmake --build build
//   ottla produce --bootstrap-server localhost:9092 --topic orders
//       --interceptor build/stamp.so --interceptor-property version=1.4 < orders.txt
//
// A folder to copy: put your interceptor in the place of Stamp. A producer's records get a header,
// and a consumer sees only those that have it.
#include <ottla/interceptors/plugin.h>

#include <stdexcept>

namespace {

class Stamp final : public ottla::ProducerInterceptor {
 public:
  explicit Stamp(std::string version) : version_(std::move(version)) {}
  // Any number of threads call this at the same time.
  void on_send(ottla::MutableRecord& record) override { record.add_header("version", version_); }

 private:
  const std::string version_;
};

class OnlyStamped final : public ottla::ConsumerInterceptor {
 public:
  explicit OnlyStamped(std::string version) : version_(std::move(version)) {}
  void on_consume(ottla::MutableRecords& records) override {
    records.remove_if(
        [this](const ottla::RecordView& record) { return record.header("version") != version_; });
  }

 private:
  const std::string version_;
};

// What is thrown here is told to whoever loads the plug-in.
ottla::interceptors::Plugin make(const ottla::Properties& properties) {
  const auto version = properties.find("version");
  if (version == properties.end()) throw std::invalid_argument("which version? none is given");
  return {.producer = std::make_shared<Stamp>(version->second),
          .consumer = std::make_shared<OnlyStamped>(version->second)};
}

}  // namespace

OTTLA_PLUGIN(make)
