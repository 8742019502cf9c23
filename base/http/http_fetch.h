#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/http/http_url.h"
#include "base/lifetime.h"
#include "base/net/tls.h"
#include "base/runtime.h"
#include "base/task.h"
#include "base/time.h"
#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::base {

struct HttpRequest {
  HttpUrl url;
  std::string method = "GET";
  // Beside Host, Accept, User-Agent, Connection and Content-Length. They must be of one line each.
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

struct HttpLimits {
  Duration connect = std::chrono::seconds(10);  // until TLS is spoken with the server
  Duration read = std::chrono::seconds(10);     // from then on until the answer is there
  std::size_t body_bytes = 64 << 10;            // of an answer
};

struct HttpAnswer {
  unsigned status = 0;
  std::string body;
};

// Asks one server for one thing over HTTP/1.1, on a connection of its own. What it answers is
// hostile: its head is of 8 KiB at most and its body of `body_bytes`; it must say how long it is,
// by Content-Length or in chunks, not by both and not by hanging up. Interim answers (1xx) before
// it are passed over, but for 101. Redirects are followed by nobody: what comes of a status is the
// caller's. On one loop; destroying it hangs up.
class HttpFetch final : public StreamHandler {
 public:
  // Told once, never within a call. Errors:
  // - network_exception, request_timed_out: nobody answered, or not to the end.
  // - ssl_authentication_failed: the server is not the one that was asked for.
  // - corrupt_data: what came is no answer that is taken.
  // They name the server and nothing of what was sent. This may be destroyed in the call.
  using OnDone = UniqueFunction<void(Result<HttpAnswer>)>;

  // `tls` is for https, and may be null for http.
  HttpFetch(LoopWithTransport loop, std::shared_ptr<const TlsContext> tls, HttpRequest request,
            const HttpLimits& limits, OnDone on_done);
  ~HttpFetch() override;

  void on_readable() override;
  void on_drained() override;
  void on_closed(const Error& error) override;

 private:
  class Parser;

  void on_resolved(Result<std::vector<Endpoint>> addresses);
  void connect_next();
  void on_connected(Result<std::unique_ptr<Stream>> stream);
  void expect(Duration patience, const char* what);
  void take(std::string_view bytes);
  void fail(ErrorCode code, const std::string& why);
  void finish(Result<HttpAnswer> outcome);

  Loop& loop() { return *loop_.loop; }

  // Set at construction.
  const LoopWithTransport loop_;
  const std::shared_ptr<const TlsContext> tls_;
  const HttpUrl url_;
  const HttpLimits limits_;

  // Loop's thread only.
  std::string request_;  // until it is sent
  OnDone on_done_;       // empty once it is told
  std::vector<Endpoint> addresses_;
  std::size_t next_address_ = 0;
  TimePoint connect_by_{};
  TimerId timer_ = TimerId::none;
  std::unique_ptr<Parser> parser_;
  std::unique_ptr<Stream> stream_;
  Lifetime lifetime_;
};

// Whether the server was not reached or broke off, so that trying again may help.
bool is_unreachable(const Error& error);

// "https://HOST/PATH answered 503 Service Unavailable", for a status that is not the one that was
// hoped for.
std::string describe_status(const HttpUrl& url, unsigned status);

}  // namespace ottla::base
