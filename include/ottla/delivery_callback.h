#pragma once

#include <array>
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "ottla/result.h"

namespace ottla {

namespace client {
class DeliveryQueue;
}

class RecordMetadata;

// Called once with the outcome of a record. Anything that can be called with a
// `const Result<RecordMetadata>&` becomes one: lambdas, also such as cannot be copied, functions,
// std::function. What it captures is kept beside the record's batch; it costs an allocation only
// beyond kInPlace bytes, or if its move may throw.
class DeliveryCallback {
 public:
  static constexpr std::size_t kInPlace = 32;

  // Empty: nobody is called. So is a null function pointer or an empty std::function.
  DeliveryCallback() = default;
  DeliveryCallback(std::nullptr_t) {}  // NOLINT: implicit

  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, DeliveryCallback> &&
           std::is_invocable_v<std::decay_t<F>&, const Result<RecordMetadata>&>)
      DeliveryCallback(F&& callable) {  // NOLINT: implicit
    using Callable = std::decay_t<F>;
    if (is_empty(callable)) return;
    if constexpr (fits<Callable>()) {
      ::new (storage()) Callable(std::forward<F>(callable));
      operations_ = &kOperations<Callable>;
    } else {
      ::new (storage()) Boxed<Callable>(new Callable(std::forward<F>(callable)));
      operations_ = &kOperations<Boxed<Callable>>;
    }
  }

  DeliveryCallback(DeliveryCallback&& other) noexcept { take(other); }
  DeliveryCallback& operator=(DeliveryCallback&& other) noexcept {
    if (this != &other) {
      clear();
      take(other);
    }
    return *this;
  }
  ~DeliveryCallback() { clear(); }

  explicit operator bool() const { return operations_ != nullptr; }

  // Must not be empty.
  void operator()(const Result<RecordMetadata>& outcome) { operations_->call(storage(), outcome); }

 private:
  friend class client::DeliveryQueue;

  // What can be done with a callable without knowing its type.
  struct Operations {
    void (*call)(void* callable, const Result<RecordMetadata>& outcome);
    void (*relocate)(void* from, void* to) noexcept;  // moves it, and ends the one moved from
    void (*destroy)(void* callable) noexcept;
    std::size_t size;
  };

  // A callable that does not fit in place.
  template <class F>
  class Boxed {
   public:
    explicit Boxed(F* callable) : callable_(callable) {}
    Boxed(Boxed&& other) noexcept : callable_(std::exchange(other.callable_, nullptr)) {}
    Boxed& operator=(Boxed&&) = delete;
    ~Boxed() { delete callable_; }
    void operator()(const Result<RecordMetadata>& outcome) { (*callable_)(outcome); }

   private:
    F* callable_;
  };

  template <class F>
  static constexpr bool fits() {
    return sizeof(F) <= kInPlace && alignof(F) <= alignof(void*) &&
           std::is_nothrow_move_constructible_v<F>;
  }

  template <class F>
  static bool is_empty(const F& callable) {
    if constexpr (std::is_pointer_v<F>) {
      return callable == nullptr;
    } else if constexpr (requires { callable.operator bool(); }) {
      return !callable.operator bool();
    } else {
      return false;
    }
  }

  template <class F>
  static constexpr Operations kOperations = {
      [](void* callable, const Result<RecordMetadata>& outcome) {
        (*static_cast<F*>(callable))(outcome);
      },
      [](void* from, void* to) noexcept {
        ::new (to) F(std::move(*static_cast<F*>(from)));
        static_cast<F*>(from)->~F();
      },
      [](void* callable) noexcept { static_cast<F*>(callable)->~F(); },
      sizeof(F),
  };

  void* storage() { return storage_.data(); }

  void take(DeliveryCallback& other) noexcept {
    operations_ = std::exchange(other.operations_, nullptr);
    if (operations_ != nullptr) operations_->relocate(other.storage(), storage());
  }
  void clear() noexcept {
    if (operations_ != nullptr) std::exchange(operations_, nullptr)->destroy(storage());
  }

  const Operations* operations_ = nullptr;
  alignas(void*) std::array<std::byte, kInPlace> storage_;
};

}  // namespace ottla
