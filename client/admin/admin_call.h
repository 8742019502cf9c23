#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "base/task.h"
#include "client/callback_executor.h"
#include "client/network/request.h"
#include "ottla/error.h"

namespace ottla::client {

// One call of the user's: a request, and again a request, until it is answered. It knows what to
// ask and what the answers mean; AdminCalls knows when and whom. Made on any thread, then of the
// loop's.
class AdminCall {
 public:
  AdminCall() = default;
  AdminCall(const AdminCall&) = delete;
  AdminCall& operator=(const AdminCall&) = delete;
  virtual ~AdminCall() = default;

  // Only the controller can do it.
  virtual bool for_controller() const = 0;

  // What to send now; `timeout_ms` is for brokers that want to know how long they have. When its
  // `done` returns the call is answered, or there is a reason to try again. Encoding it and `done`
  // need the call to live.
  virtual Request next_request(BrokerId broker, std::int32_t timeout_ms) = 0;

  // Answers the call: it has failed.
  virtual void fail(const Error& error) = 0;

  bool answered() const { return answered_; }

  // Why the last attempt has not answered it.
  const std::optional<Error>& reason() const { return reason_; }
  void try_again(Error reason) { reason_ = std::move(reason); }

  // Whether the last answer has brought the call on, so that the next request need not wait. Asks
  // once.
  bool take_progress() { return std::exchange(progress_, false); }

 protected:
  void set_progress() { progress_ = true; }
  void set_answered() { answered_ = true; }

  // What a request that failed as a whole comes to.
  void on_failure(const Error& error) {
    if (error.retriable()) {
      try_again(error);
    } else {
      fail(error);
    }
  }

 private:
  bool answered_ = false;
  bool progress_ = false;
  std::optional<Error> reason_;
};

// A call whose outcome is one Value.
template <class Value>
class AdminCallFor : public AdminCall {
 public:
  using Tell = base::UniqueFunction<void(Result<Value>)>;

  explicit AdminCallFor(Promise<Value> promise)
      : tell_([promise = std::move(promise)](Result<Value> value) {
          promise.set(std::move(value));
        }) {}
  // For an outcome that is told in another form.
  explicit AdminCallFor(Tell tell) : tell_(std::move(tell)) {}

  void fail(const Error& error) override { answer(error); }

 protected:
  void answer(Result<Value> value) {
    set_answered();
    tell_(std::move(value));
  }

 private:
  Tell tell_;
};

}  // namespace ottla::client
