#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/lifetime.h"
#include "base/logger.h"
#include "base/runtime.h"
#include "base/task.h"
#include "base/transport.h"
#include "ottla/result.h"

namespace ottla::broker {

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// Answers GET and HEAD over HTTP/1.1, one request a connection: what watches a broker asks for a
// page now and then. Whoever connects has ten seconds for it all; at most 64 connections at a time,
// and 8 KiB of a request are read. On one loop.
class HttpServer {
 public:
  // Called for each request with its path, without the query; `respond` once, at once or later.
  using Respond = base::UniqueFunction<void(HttpResponse)>;
  using Handle = std::function<void(std::string_view path, Respond respond)>;

  HttpServer(base::LoopWithTransport loop, base::Logger logger, Handle handle);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Errors: already_in_use, name_not_resolved, io_error.
  Result<void> listen(const base::Endpoint& at);
  // With the port it really has; after `listen`.
  const base::Endpoint& local() const { return listener_->local(); }

 private:
  class Connection;

  void on_accept(std::unique_ptr<base::Stream> stream);

  // Set at construction.
  base::LoopWithTransport loop_;
  base::Logger logger_;
  Handle handle_;

  // Loop's thread only.
  std::unique_ptr<base::Listener> listener_;
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_connection_ = 1;
  base::Lifetime lifetime_;
};

}  // namespace ottla::broker
