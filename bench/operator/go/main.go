// The WebApp controller on controller-runtime: what ours is measured against.
//
// Usage: operator KUBECONFIG METRICS_ADDRESS
package main

import (
	"context"
	"os"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const fieldOwner = client.FieldOwner("moorage/web-app")

type reconciler struct {
	client.Client
	recorder events.EventRecorder
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	app := &WebApp{}
	if err := r.Get(ctx, request.NamespacedName, app); err != nil || app.DeletionTimestamp != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	deployment, service := &appsv1.Deployment{}, &corev1.Service{}
	found, err := r.find(ctx, request.NamespacedName, deployment)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.applyDeployment(ctx, app, deployment, found); err != nil {
		return ctrl.Result{}, err
	}
	foundService, err := r.find(ctx, request.NamespacedName, service)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.applyService(ctx, app, service, foundService); err != nil {
		return ctrl.Result{}, err
	}
	if !found {
		deployment = nil
	}
	return ctrl.Result{RequeueAfter: 30 * time.Second}, r.writeStatus(ctx, app, deployment)
}

func (r *reconciler) find(ctx context.Context, key types.NamespacedName, object client.Object) (bool, error) {
	err := r.Get(ctx, key, object)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

// As Go operators usually find drift: what is wanted must be part of what is there.
func (r *reconciler) applyDeployment(ctx context.Context, app *WebApp, live *appsv1.Deployment, found bool) error {
	desired := deploymentOf(app)
	if found && equality.Semantic.DeepDerivative(desired.Spec, live.Spec) &&
		equality.Semantic.DeepDerivative(desired.Labels, live.Labels) {
		return nil
	}
	return r.apply(ctx, desired)
}

func (r *reconciler) applyService(ctx context.Context, app *WebApp, live *corev1.Service, found bool) error {
	desired := serviceOf(app)
	if found && equality.Semantic.DeepDerivative(desired.Spec, live.Spec) &&
		equality.Semantic.DeepDerivative(desired.Labels, live.Labels) {
		return nil
	}
	return r.apply(ctx, desired)
}

func (r *reconciler) apply(ctx context.Context, object client.Object) error {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		return err
	}
	delete(content, "status")
	configuration := client.ApplyConfigurationFromUnstructured(&unstructured.Unstructured{Object: content})
	return r.Apply(ctx, configuration, fieldOwner, client.ForceOwnership)
}

func (r *reconciler) writeStatus(ctx context.Context, app *WebApp, deployment *appsv1.Deployment) error {
	status := statusOf(app, deployment)
	if equality.Semantic.DeepEqual(status, app.Status) {
		return nil
	}
	before := app.DeepCopyObject().(*WebApp)
	was := meta.FindStatusCondition(app.Status.Conditions, "Ready")
	app.Status = status
	if err := r.Status().Patch(ctx, app, client.MergeFrom(before), fieldOwner); err != nil {
		return client.IgnoreNotFound(err)
	}
	is := meta.FindStatusCondition(status.Conditions, "Ready")
	ready := is.Status == metav1.ConditionTrue || was != nil && was.Status == metav1.ConditionTrue
	if ready && (was == nil || was.Reason != is.Reason) {
		r.recorder.Eventf(app, nil, corev1.EventTypeNormal, is.Reason, "Reconcile", "%s", is.Message)
	}
	return nil
}

func appOfPod(_ context.Context, pod client.Object) []reconcile.Request {
	labels := pod.GetLabels()
	if labels["app.kubernetes.io/name"] != "web-app" || labels["app.kubernetes.io/instance"] == "" {
		return nil
	}
	key := types.NamespacedName{Namespace: pod.GetNamespace(), Name: labels["app.kubernetes.io/instance"]}
	return []reconcile.Request{{NamespacedName: key}}
}

func main() {
	log.SetLogger(zap.New())
	if err := run(os.Args[1], os.Args[2]); err != nil {
		log.Log.Error(err, "Cannot run")
		os.Exit(1)
	}
}

func run(kubeconfig, metricsAddress string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// No throttling on the client's side, as in ours.
	config.QPS, config.UserAgent = -1, "bench-go"
	scheme := runtime.NewScheme()
	addToScheme(scheme)
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(config, ctrl.Options{
		Scheme: scheme, Metrics: server.Options{BindAddress: metricsAddress},
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).For(&WebApp{}).
		Owns(&appsv1.Deployment{}).Owns(&corev1.Service{}).
		Watches(&corev1.Pod{}, handler.EnqueueRequestsFromMapFunc(appOfPod)).
		WithOptions(controller.Options{MaxConcurrentReconciles: 4}).
		Complete(&reconciler{Client: manager.GetClient(), recorder: manager.GetEventRecorder("web-app")})
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}
