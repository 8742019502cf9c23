#include "tests/interop/peers/ottla/transactions.h"

#include <csignal>
#include <iostream>
#include <stop_token>
#include <string>
#include <thread>

#include "ottla/ottla.h"

namespace ottla_peer {
namespace {

int fail(const ottla::Error& error) {
  std::cerr << error << '\n';
  return 1;
}

// The long form, and aborts by call.
ottla::Result<void> call_by_call(ottla::Producer& producer, const Arguments& arguments, int number,
                                 bool commit) {
  if (auto begun = producer.begin_transaction(); !begun) return begun;
  const int partitions = std::stoi(arguments.at("partitions"));
  for (int partition = 0; partition < partitions; ++partition) {
    const auto value = std::to_string(number) + "-" + std::to_string(partition);
    producer.send({.topic = arguments.at("topic"), .value = value, .partition = partition})
        .forget();
  }
  if (commit) return producer.commit_transaction().get();
  // So that there is something to take back.
  if (auto flushed = producer.flush().get(); !flushed) return flushed;
  return producer.abort_transaction().get();
}

// The short form, and aborts by the destructor.
ottla::Result<void> in_scope(ottla::Producer& producer, const Arguments& arguments, int number,
                             bool commit) {
  auto transaction = producer.begin();
  const int partitions = std::stoi(arguments.at("partitions"));
  for (int partition = 0; partition < partitions; ++partition) {
    const auto value = std::to_string(number) + "-" + std::to_string(partition);
    (void)transaction.send(
        {.topic = arguments.at("topic"), .value = value, .partition = partition});
  }
  if (commit) return transaction.commit();
  return producer.flush().get();
}

}  // namespace

int transact(const Arguments& arguments) {
  auto producer = ottla::Producer::open({.bootstrap_servers = arguments.at("bootstrap"),
                                         .transactional_id = arguments.at("id"),
                                         .linger = std::chrono::milliseconds(0)});
  if (!producer) return fail(producer.error());
  if (auto ready = producer->init_transactions().get(); !ready) return fail(ready.error());
  const int count = std::stoi(arguments.at("transactions"));
  for (int number = 0; number < count; ++number) {
    const bool commit = number % 3 != 1;
    const auto done = number % 2 == 0 ? call_by_call(*producer, arguments, number, commit)
                                      : in_scope(*producer, arguments, number, commit);
    if (!done) return fail(done.error());
  }
  const auto closed = producer->close();
  return closed ? 0 : fail(closed.error());
}

int copy(const Arguments& arguments) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::stop_source stop;
  std::thread([signals, stop]() mutable {
    int signal = 0;
    sigwait(&signals, &signal);
    stop.request_stop();
  }).detach();

  auto session = ottla::TransactSession::open(
      {.bootstrap_servers = arguments.at("bootstrap"),
       .group_id = arguments.at("group"),
       .transactional_id = arguments.at("id"),
       .topics = {arguments.at("topic")},
       .auto_offset_reset = ottla::AutoOffsetReset::earliest,
       .producer = {.linger = std::chrono::milliseconds(0)},
       .consumer = {.session_timeout = std::chrono::milliseconds(6000),
                    .heartbeat_interval = std::chrono::milliseconds(500),
                    .max_poll_records = 20}});
  if (!session) return fail(session.error());
  for (int number = 1; !stop.stop_requested(); ++number) {
    const auto batch = session->poll(stop.get_token());
    if (!batch) return fail(batch.error());
    auto transaction = session->begin(*batch);
    for (const auto& record : *batch) {
      (void)transaction.send({.topic = arguments.at("to"),
                              .key = record.key(),
                              .value = record.value(),
                              .partition = record.partition()});
    }
    if (number % 7 == 0) continue;
    if (const auto end = transaction.commit(); end) {
      std::cout << batch->size() << std::endl;
    } else if (end.error().fatal()) {
      return fail(end.error());
    } else {
      std::cerr << end.error() << '\n';
    }
  }
  const auto closed = session->close();
  return closed ? 0 : fail(closed.error());
}

}  // namespace ottla_peer
