#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/endian.h"
#include "base/runtime.h"
#include "protocol/messages/api_versions.h"
#include "protocol/wire/frame.h"

namespace ottla::client {

// A broker that does as a test tells it: one handler for each API. What has no handler is not in
// its list of APIs. On one loop's thread.
class FakeBroker {
 public:
  // The frame of an answer, with its size; none: silence.
  using Answer = std::optional<base::SharedBuffer>;

  FakeBroker(base::LoopWithTransport on, const base::Endpoint& at)
      : loop_(*on.loop),
        listener_(on.transport
                      ->listen(at,
                               [this](std::unique_ptr<base::Stream> stream) {
                                 peers_.push_back(std::make_unique<Peer>(*this, std::move(stream)));
                               })
                      .value()) {}

  const base::Endpoint& endpoint() const { return listener_->local(); }

  // `handler` gets the message and its version, and returns an answer, or nullopt for silence. In
  // its list of APIs the broker says that it serves versions up to `newest`.
  template <class M>
  void on(std::function<std::optional<typename M::Response>(const M&, std::int16_t)> handler,
          std::int16_t newest = M::api.max) {
    newest_[M::api.key] = newest;
    handlers_[M::api.key] =
        [handler = std::move(handler)](const protocol::RequestFrame& frame) -> Answer {
      const auto version = frame.header.api_version;
      const auto answer = handler(protocol::decode<M>(frame.body, version).value(), version);
      if (!answer) return std::nullopt;
      return protocol::encode_response(*answer, version, frame.header.correlation_id).value().bytes;
    };
  }

  // Says that it serves an API, which is not to be asked for then.
  void serve(ApiKey key, std::int16_t newest) { newest_[key] = newest; }

  // For bytes that no broker says.
  void on_raw(ApiKey key, std::function<Answer(const protocol::RequestFrame&)> handler) {
    handlers_[key] = std::move(handler);
  }

  // What it tells of features.
  protocol::ApiVersionsResponse features;

  // In a handler: the connection goes instead of the answer.
  void hang_up() { hang_up_ = true; }

  int requests(ApiKey key) const {
    const auto found = requests_.find(key);
    return found == requests_.end() ? 0 : found->second;
  }

 private:
  class Peer final : public base::StreamHandler {
   public:
    Peer(FakeBroker& broker, std::unique_ptr<base::Stream> stream)
        : broker_(broker), stream_(std::move(stream)) {
      stream_->start(*this);
    }
    void on_readable() override {
      std::array<char, 4096> some;
      while (const auto count = stream_->read(some)) heard_.append(some.data(), count);
      while (stream_ && heard_.size() >= 4) {
        const auto size = static_cast<std::size_t>(base::load_be<std::int32_t>(heard_.data()));
        if (heard_.size() < 4 + size) return;
        answer(heard_.substr(4, size));
        heard_.erase(0, 4 + size);
      }
    }
    void on_closed(const Error&) override { stream_.reset(); }

   private:
    void answer(const std::string& frame) {
      const auto answer = broker_.answer(frame);
      if (std::exchange(broker_.hang_up_, false)) {
        // Streams are not destroyed in their own calls.
        broker_.loop_.post([stream = std::move(stream_)] {});
        return;
      }
      if (!answer) return;
      std::vector<base::Segment> segments;
      segments.emplace_back(base::Slice::of(*answer));
      stream_->write(std::move(segments));
    }

    FakeBroker& broker_;
    std::unique_ptr<base::Stream> stream_;
    std::string heard_;
  };

  Answer answer(const std::string& bytes) {
    const auto frame = protocol::read_request(bytes).value();
    const auto key = frame.header.api_key;
    ++requests_[key];
    if (key == ApiKey::api_versions) return api_versions(frame);
    return handlers_.at(key)(frame);
  }

  Answer api_versions(const protocol::RequestFrame& frame) const {
    auto response = features;
    response.api_keys.push_back({ApiKey::api_versions, 0, frame.header.api_version});
    for (const auto& [key, newest] : newest_) response.api_keys.push_back({key, 0, newest});
    return protocol::encode_response(response, frame.header.api_version,
                                     frame.header.correlation_id)
        .value()
        .bytes;
  }

  base::Loop& loop_;
  std::map<ApiKey, std::function<Answer(const protocol::RequestFrame&)>> handlers_;
  std::map<ApiKey, std::int16_t> newest_;
  std::map<ApiKey, int> requests_;
  bool hang_up_ = false;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::unique_ptr<base::Listener> listener_;
};

}  // namespace ottla::client
