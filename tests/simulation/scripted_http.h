#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/transport.h"
#include "tests/simulation/simulation.h"

namespace ottla::simulation {

// Answers each connection on port 80 of a node with the bytes that a test gives, which need not be
// HTTP, once it has a whole request.
class ScriptedHttp {
 public:
  struct Answer {
    std::string bytes;
    bool hangs_up = true;     // behind them
    bool one_by_one = false;  // a byte a second
  };

  explicit ScriptedHttp(SimNode& node) : node_(node) {}

  // When the node runs.
  void start() {
    node_.loop().post([this] {
      listener_ = *node_.transport().listen({"", 80}, [this](auto stream) {
        auto& client = *clients_.emplace_back(std::make_unique<Client>(*this));
        client.stream = std::move(stream);
        client.stream->start(client);
      });
    });
  }

  // HTTP as servers write it.
  static std::string answer(int status, const std::string& body) {
    return "HTTP/1.1 " + std::to_string(status) +
           " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }

  // From now on, to everybody.
  void say(int status, const std::string& body) {
    respond = [bytes = answer(status, body)](const std::string&) { return Answer{.bytes = bytes}; };
  }

  std::function<Answer(const std::string& request)> respond = [](const std::string&) {
    return Answer{};
  };
  std::vector<std::string> requests;

  // On the node's loop, before the node goes.
  void close() {
    listener_.reset();
    clients_.clear();
  }

 private:
  struct Client final : base::StreamHandler {
    explicit Client(ScriptedHttp& server) : owner(server) {}

    void on_readable() override {
      std::string bytes(65536, '\0');
      while (const auto count = stream->read(bytes)) received.append(bytes, 0, count);
      if (answered || !is_whole()) return;
      answered = true;
      owner.requests.push_back(received);
      answer = owner.respond(received);
      if (answer.one_by_one) return drip();
      write(answer.bytes);
    }
    void on_drained() override {
      if (answered && answer.hangs_up && (!answer.one_by_one || at == answer.bytes.size())) {
        owner.node_.loop().post([gone = std::shared_ptr<base::Stream>(std::move(stream))] {});
      }
    }
    void on_closed(const Error&) override { closed = true; }

    bool is_whole() const {
      const auto end = received.find("\r\n\r\n");
      const auto length = received.find("Content-Length: ");
      if (end == std::string::npos) return false;
      const std::size_t body = length < end ? std::stoul(received.substr(length + 16)) : 0;
      return received.size() >= end + 4 + body;
    }
    void write(const std::string& bytes) {
      std::vector<base::Segment> segments;
      segments.emplace_back(base::Slice::own(bytes));
      if (stream) stream->write(std::move(segments));
    }
    void drip() {
      if (closed || at == answer.bytes.size()) return;
      write(answer.bytes.substr(at++, 1));
      auto& loop = owner.node_.loop();
      loop.call_at(loop.now() + std::chrono::seconds(1), lifetime.guard([this] { drip(); }));
    }

    ScriptedHttp& owner;
    std::unique_ptr<base::Stream> stream;
    std::string received;
    Answer answer;
    std::size_t at = 0;
    bool answered = false;
    bool closed = false;
    base::Lifetime lifetime;
  };

  SimNode& node_;
  std::unique_ptr<base::Listener> listener_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace ottla::simulation
