#include "tests/simulation/end_to_end/frame_proxy.h"

#include <algorithm>
#include <array>
#include <deque>
#include <utility>

#include "base/endian.h"

namespace ottla::simulation {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t kPort = 9092;
// How long a broker is given to take in what a client that is gone has sent.
constexpr Duration kGrace = 1s;

// Cuts the frames out of what a stream brings, their lengths included.
class Frames {
 public:
  void read(base::Stream& stream) {
    std::array<char, 4096> some;
    while (const std::size_t count = stream.read(some)) unread_.append(some.data(), count);
  }
  bool next(std::string& frame) {
    if (unread_.size() < 4) return false;
    const auto size = 4 + static_cast<std::size_t>(base::load_be<std::int32_t>(unread_.data()));
    if (unread_.size() < size) return false;
    frame = unread_.substr(0, size);
    unread_.erase(0, size);
    return true;
  }

 private:
  std::string unread_;
};

}  // namespace

// A connection of a client's, and one to the broker for it. Without a client: of the proxy's own.
class FrameProxy::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(FrameProxy& proxy, std::unique_ptr<base::Stream> client)
      : proxy_(proxy), client_(*this, false), broker_(*this, true) {
    if (!client) return;
    host_ = proxy.node_.simulation().network().find_host(client->peer().host);
    client_.stream = std::move(client);
  }

  void start() {
    if (client_.stream) client_.stream->start(client_);
    proxy_.node_.transport().connect(
        {proxy_.broker_, kPort},
        [weak = weak_from_this()](Result<std::unique_ptr<base::Stream>> made) {
          const auto self = weak.lock();
          if (!self) return;
          if (!made) return self->end();
          self->broker_.stream = std::move(*made);
          self->broker_.stream->start(self->broker_);
          self->pump(self->broker_);
        });
  }

  void send(std::string request) { put(broker_, std::move(request), {}); }

 private:
  // One of the two connections; what is read from it is meant for the other.
  struct End final : base::StreamHandler {
    End(Link& owner, bool broker) : link(owner), is_broker(broker) {}
    void on_readable() override {
      const auto self = link.shared_from_this();
      frames.read(*stream);
      for (std::string frame; stream && frames.next(frame);) link.on_frame(*this, frame);
    }
    void on_closed(const Error&) override { link.on_closed(*this); }

    Link& link;
    const bool is_broker;
    std::unique_ptr<base::Stream> stream;
    Frames frames;
    struct Waiting {
      std::string frame;
      TimePoint when;
    };
    std::deque<Waiting> waiting;  // to be sent here
  };
  struct Asked {
    PassingFrame frame;
    bool answered = false;  // by another answer: this one goes nowhere
  };

  void on_frame(End& from, const std::string& frame) {
    from.is_broker ? on_answer(frame) : on_request(frame);
  }

  void on_request(const std::string& frame) {
    Asked asked{{.api = static_cast<ApiKey>(base::load_be<std::int16_t>(frame.data() + 4)),
                 .version = base::load_be<std::int16_t>(frame.data() + 6),
                 .client = host_,
                 .bytes = frame}};
    const auto passage = proxy_.on_frame_(asked.frame);
    asked.frame.bytes = {};
    if (passage.fate == Passage::Fate::never) return end();
    asked_.push_back(asked);
    if (passage.fate == Passage::Fate::twice) {
      asked_.push_back({asked.frame, true});
      put(broker_, frame, passage.after);
    }
    if (passage.fate == Passage::Fate::once_more) {
      repeat(frame, passage.after);
      return put(broker_, frame, {});
    }
    put(broker_, frame, passage.after);
  }

  void on_answer(const std::string& frame) {
    if (asked_.empty()) return;  // of the proxy's own
    auto asked = asked_.front();
    asked_.pop_front();
    if (asked.answered) return;
    asked.frame.answer = true;
    asked.frame.bytes = frame;
    const auto passage = proxy_.on_frame_(asked.frame);
    if (passage.fate == Passage::Fate::never) return end();
    if (passage.fate == Passage::Fate::twice) put(client_, frame, passage.after);
    put(client_, frame, passage.after);
  }

  void repeat(const std::string& frame, Duration after) {
    auto& loop = proxy_.node_.loop();
    loop.call_at(loop.now() + after, proxy_.lifetime_.guard([&proxy = proxy_, frame] {
      auto link = std::make_shared<Link>(proxy, nullptr);
      proxy.links_.push_back(link);
      link->send(frame);
      link->start();
    }));
  }

  void put(End& to, std::string frame, Duration after) {
    auto when = proxy_.node_.loop().now() + after;
    if (!to.waiting.empty()) when = std::max(when, to.waiting.back().when);
    to.waiting.push_back({std::move(frame), when});
    pump(to);
  }

  void pump(End& to) {
    auto& loop = proxy_.node_.loop();
    while (to.stream && !to.waiting.empty()) {
      if (to.waiting.front().when > loop.now()) {
        loop.call_at(to.waiting.front().when, [weak = weak_from_this(), &to] {
          if (const auto self = weak.lock()) self->pump(to);
        });
        return;
      }
      to.stream->write({base::Slice::own(std::move(to.waiting.front().frame))});
      to.waiting.pop_front();
    }
  }

  void on_closed(End& which) {
    which.stream.reset();
    if (which.is_broker) return end();
    auto& loop = proxy_.node_.loop();
    const auto last = broker_.waiting.empty() ? loop.now() : broker_.waiting.back().when;
    loop.call_at(last + kGrace, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->end();
    });
  }

  void end() {
    const auto self = shared_from_this();
    client_.stream.reset();
    broker_.stream.reset();
    std::erase(proxy_.links_, self);
  }

  FrameProxy& proxy_;
  const SimHost* host_ = nullptr;
  End client_;
  End broker_;
  std::deque<Asked> asked_;  // what the broker has not answered yet
};

FrameProxy::FrameProxy(SimNode& node, std::string broker, OnFrame on_frame)
    : node_(node), broker_(std::move(broker)), on_frame_(std::move(on_frame)) {
  listener_ =
      node_.transport()
          .listen({"", kPort}, lifetime_.guard([this](std::unique_ptr<base::Stream> stream) {
            auto link = std::make_shared<Link>(*this, std::move(stream));
            links_.push_back(link);
            link->start();
          }))
          .value();
}

FrameProxy::~FrameProxy() = default;

}  // namespace ottla::simulation
