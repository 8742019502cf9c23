package ottla.interop;

import java.util.concurrent.atomic.AtomicReference;

/** Thrown where Kafka's code would end the JVM. The last one is remembered for whoever waits. */
final class ExitRequested extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final AtomicReference<ExitRequested> LAST = new AtomicReference<>();

    final int status;

    private ExitRequested(int status, String message) {
        super("exit " + status + (message == null ? "" : ": " + message));
        this.status = status;
    }

    static void raise(int status, String message) {
        ExitRequested request = new ExitRequested(status, message);
        LAST.set(request);
        throw request;
    }

    /** The last request, or null; forgets it. */
    static ExitRequested take() {
        return LAST.getAndSet(null);
    }
}
