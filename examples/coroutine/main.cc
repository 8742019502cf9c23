// How do I co_await records in an event loop of my own, here Boost.Asio's?
//
//   coroutine localhost:9092 TOPIC
//
// A Future can be awaited in any coroutine type as it is, and goes on on the producer's callback
// thread. Asio's coroutines want to go on on their own executor: `async_get` brings them there.
#include <ottla/ottla.h>

#include <boost/asio.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

namespace asio = boost::asio;

namespace {

template <class T, class Token>
auto async_get(ottla::Future<T> future, Token&& token) {
  auto begin = [future = std::move(future)](auto handler) mutable {
    auto executor = asio::get_associated_executor(handler);
    future.then([executor, handler = std::move(handler)](ottla::Result<T> outcome) mutable {
      asio::post(executor, [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
        std::move(handler)(std::move(outcome));
      });
    });
  };
  return asio::async_initiate<Token, void(ottla::Result<T>)>(std::move(begin), token);
}

// Each record waits for the one before, and the thread for none of them.
asio::awaitable<int> send_some(ottla::Producer& producer, std::string topic) {
  for (int i = 0; i < 10; ++i) {
    const auto value = "order " + std::to_string(i);
    // The record has ended before the co_await: gcc 12 ends what is made within one twice.
    auto sending = producer.send({.topic = topic, .value = value});
    auto sent = co_await async_get(std::move(sending), asio::use_awaitable);
    if (!sent) {
      std::cerr << sent.error() << '\n';
      co_return 1;
    }
    std::cout << value << " is " << *sent << '\n';
  }
  co_return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: coroutine BOOTSTRAP_SERVERS TOPIC\n";
    return 2;
  }
  // Before the producer, whose callback thread posts to it until the producer has ended.
  asio::io_context loop;
  auto producer = ottla::Producer::open({.bootstrap_servers = argv[1]});
  if (!producer) {
    std::cerr << producer.error() << '\n';
    return 1;
  }
  int code = 1;
  asio::co_spawn(loop, send_some(*producer, argv[2]),
                 [&code](std::exception_ptr, int outcome) { code = outcome; });
  loop.run();
  return code;
}
